-- How many of those in office were trained in a year: altogether, by level and by group. Rooms and leaders: their own
-- group's people.
-- by: clerk leader office chair auditor
-- effect: none
select
    c.by, c.code, c.in_office, c.trained, c.percent, c.hours, c.without_hours, c.everybody, c.key, c.tiered,
    c.self_study,
    case when lead(c.code) over (order by c.by, c.code) is not null then c.by || ' ' || c.code end as next
from training_coverage(:caller, :year) as c
where :after is null or (c.by, c.code) > (split_part(:after, ' ', 1), split_part(:after, ' ', 2))
order by c.by, c.code
limit page(:limit)
