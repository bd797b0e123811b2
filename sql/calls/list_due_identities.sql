-- Items whose villager's name, phone and address have been kept as long as they may be; not those themselves.
-- by: office chair auditor
-- effect: none
select
    d.code, d.group_code, d.deputy_code, d.over_on, d.until_on,
    case when lead(d.code) over (order by d.code) is not null then d.code end as next
from identities_due(coalesce(:as_of_on, today())) as d
where :after is null or d.code > :after
order by d.code
limit page(:limit)
