-- Awards and who was put up for them, by year: leaders their group's, deputies what they were given.
-- by: deputy leader office chair auditor
-- effect: none
with page as (
    select c, row_number() over (order by c.year, c.code) as position
    from awards_seen(:caller) as c
    where
        (:year is null or c.year = :year)
        and (:kind is null or c.kind = :kind)
        and (:state is null or c.state = :state)
        and (:after is null or (c.year, c.code) > (split_part(:after, ' ', 1)::int, split_part(:after, ' ', 2)))
    order by c.year, c.code
    limit page(:limit) + 1
)
select
    s.*,
    case when lead(p.position) over (order by p.position) is not null then s.year || ' ' || s.code end as next
from page as p
cross join lateral award_shown(p.c) as s
order by p.position
limit page(:limit)
