-- Learning materials.
-- by: deputy clerk leader office chair auditor
-- effect: none
select
    m.material_id, m.code, m.title, m.copies, m.issued_on,
    case
        when (:caller).role in ('clerk', 'leader') then copies_left(m.material_id, (:caller).group_id)
        when (:caller).role <> 'deputy' then copies_left(m.material_id, null)
    end as "left",
    case when lead(m.code) over (order by m.code) is not null then m.code end as next
from material as m
where m.town_id = (:caller).town_id and (:after is null or m.code > :after)
order by m.code
limit page(:limit)
