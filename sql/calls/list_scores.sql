-- The sums of a year's score sheets, by code: the office's, the chair's and the auditor's to see.
-- by: office chair auditor
-- effect: none
select
    :kind as kind, s.code, s.name, s.points, s.max_points, s.open_lines, s.frozen,
    case when lead(s.code) over (order by s.code) is not null then s.code end as next
from score_sums(:kind, this_year(:year)) as s
where
    (select demand(:kind is not null, 'invalid', 'value_missing', 'column', 'award_kind'))
    and (:after is null or s.code > :after)
order by s.code
limit page(:limit)
