-- The units that answer feedback and suggestions.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
select
    u.unit_id, u.code, u.name,
    case when lead(u.code) over (order by u.code) is not null then u.code end as next
from unit as u
where u.town_id = (:caller).town_id and (:after is null or u.code > :after)
order by u.code
limit page(:limit)
