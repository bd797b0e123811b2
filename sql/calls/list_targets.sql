-- Target sheets of the groups that the caller may look at. Points: of settled sheets.
-- by: deputy clerk leader office chair auditor
-- effect: none
select
    t.target_id, t.code, g.code as group_code, t.year, t.state, t.leader_signed_on, t.chair_signed_on, t.signed_on,
    t.checked_on, t.check_note, t.settled_on, t.void_reason,
    (select sum(l.weight)::int from target_lines(t.target_id) as l) as weight,
    (
        select sum(r.points)::float8 from target_result as r
        where r.town_id = t.town_id and r.target_id = t.target_id and r.phase = 'settle'
    ) as points,
    (
        select sum(r.points)::float8 from target_result as r
        where r.town_id = t.town_id and r.target_id = t.target_id and r.phase = 'check'
    ) as checked_points,
    case when lead(t.code) over (order by t.code) is not null then t.code end as next
from targets_seen(:caller) as t
join deputy_group as g on g.town_id = t.town_id and g.group_id = t.group_id
where
    t.town_id = (:caller).town_id
    and (:year is null or t.year = :year)
    and (:group_code is null or g.code = :group_code)
    and (:state is null or t.state = :state)
    and (:after is null or t.code > :after)
order by t.code
limit page(:limit)
