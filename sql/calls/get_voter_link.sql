-- One deputy's link with a group of voters, and its history.
-- by: deputy clerk leader office chair auditor
-- effect: none
-- fills: voter_link
select
    v.voter_link_id, v.code, p.code as person_code, p.name as person_name, g.code as group_code, v.voters,
    voter_link_state(v) as state, v.starts_on, v.ends_on, v.void_reason
from voter_link as v
join person as p on p.town_id = v.town_id and p.person_id = v.person_id
join deputy_group as g on g.town_id = v.town_id and g.group_id = v.group_id
where v.town_id = (:caller).town_id and v.voter_link_id = (select voter_link_found(:caller, :voter_link_id, :code))

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from steps((select voter_link_found(:caller, :voter_link_id, :code))) as s
order by s.step_no
