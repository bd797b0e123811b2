-- Who keeps up with which voters.
-- by: deputy clerk leader office chair auditor
-- effect: none
select
    v.voter_link_id, v.code, p.code as person_code, p.name as person_name, g.code as group_code, v.voters,
    voter_link_state(v) as state, v.starts_on, v.ends_on, v.void_reason,
    case when lead(v.code) over (order by v.code) is not null then v.code end as next
from voter_links_seen(:caller) as v
join person as p on p.town_id = v.town_id and p.person_id = v.person_id
join deputy_group as g on g.town_id = v.town_id and g.group_id = v.group_id
where
    v.town_id = (:caller).town_id
    and (:group_code is null or g.code = :group_code)
    and (:person_code is null or p.code = :person_code)
    and (:state is null or voter_link_state(v) = :state)
    and (:after is null or v.code > :after)
order by v.code
limit page(:limit)
