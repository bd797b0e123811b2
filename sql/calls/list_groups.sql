-- The deputy groups of the town.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
select
    g.group_id, g.code, g.name, v.name as village, g.room_address,
    case when lead(g.code) over (order by g.code) is not null then g.code end as next
from deputy_group as g
join village as v on v.town_id = g.town_id and v.village_id = g.village_id
where g.town_id = (:caller).town_id and (:after is null or g.code > :after)
order by g.code
limit page(:limit)
