-- One target sheet: its lines with what they come to, the list behind each, and its history.
-- by: deputy clerk leader office chair auditor
-- effect: none
-- fills: target
select
    t.target_id, t.code, g.code as group_code, t.year, t.state, t.leader_signed_on, t.chair_signed_on, t.signed_on,
    t.checked_on, t.check_note, t.settled_on, t.void_reason, s.weight, s.points, s.checked_points
from target as t
join deputy_group as g on g.town_id = t.town_id and g.group_id = t.group_id
cross join lateral (
    select
        sum(l.weight)::int as weight, sum(l.points)::float8 as points, sum(l.checked_points)::float8 as checked_points
    from target_shown(t) as l
) as s
where t.town_id = (:caller).town_id and t.target_id = (select target_found(:caller, :target_id, :code))

-- fills: lines
select
    l.line_code, l.label, l.weight, l.goal, coalesce(l.rule, 'manual') as rule, l.points::float8 as points,
    l.checked_points::float8 as checked_points
from target as t
cross join lateral target_shown(t) as l
where t.town_id = (:caller).town_id and t.target_id = (select target_found(:caller, :target_id, :code))
order by l.position

-- fills: facts
select l.line_code, f.person_code, f.met, f.subject, f.code, f.day_on, f.note
from target as t
cross join lateral target_shown(t) as l
cross join lateral rows from (
    jsonb_to_recordset(l.list) as (
        person_code text, met boolean, subject text, code text, day_on date, note text
    )
) with ordinality as f (person_code, met, subject, code, day_on, note, position)
where t.town_id = (:caller).town_id and t.target_id = (select target_found(:caller, :target_id, :code))
order by l.position, f.position

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from steps((select target_found(:caller, :target_id, :code))) as s
order by s.step_no
