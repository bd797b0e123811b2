-- One score sheet, line by line: as it was when the award was decided, else as the records are now.
-- by: deputy leader office chair auditor
-- effect: none
-- fills: lines
select
    s.line, s.label, s.max_points, s.measure, s.target::float8 as target, s.step_points::float8 as step_points,
    round(s.value, 2)::float8 as value, s.points, s.note
from score_recipient(:caller, this_year(:year), :group_id, :person_id) as r (recipient)
cross join lateral score_sheet(score_kind(:group_id), this_year(:year), r.recipient) as s
order by s.position, s.line

-- fills: sum
select
    score_kind(:group_id) as kind, coalesce(g.code, p.code) as code, coalesce(g.name, p.name) as name,
    coalesce(sum(s.points), 0)::int as points, coalesce(sum(s.max_points), 0)::int as max_points,
    (count(*) filter (where s.points is null))::int as open_lines, bool_or(s.frozen) as frozen
from score_recipient(:caller, this_year(:year), :group_id, :person_id) as r (recipient)
cross join lateral score_sheet(score_kind(:group_id), this_year(:year), r.recipient) as s
left join deputy_group as g on g.town_id = (:caller).town_id and g.group_id = r.recipient
left join person as p on p.town_id = (:caller).town_id and p.person_id = r.recipient
group by g.code, p.code, g.name, p.name
