-- One deed, what may be the same, and its history. Deputies see no others' deeds here.
-- by: deputy clerk leader office chair auditor
-- effect: none
-- fills: deed
select s.*, actions_open('deed', s.state, (:caller).role) as actions
from deed_found(:caller, :deed_id, :code) as d
cross join lateral deed_shown(d) as s

-- fills: alike
select
    a.code, p.code as person_code, p.name as person_name, a.done_on, a.kind, a.text, a.state, a.alike_percent
from deed_found(:caller, :deed_id, :code) as d
cross join lateral deeds_alike(d) as a
join person as p on p.town_id = (:caller).town_id and p.person_id = a.person_id
where (:caller).role <> 'deputy' and d.void_reason is null
order by a.alike_percent desc, a.done_on, a.code

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from deed_found(:caller, :deed_id, :code) as d
cross join lateral steps(d.deed_id) as s
order by s.step_no
