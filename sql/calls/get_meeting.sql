-- One meeting with its roll: of the whole town's, clerks and leaders see their group's lines; deputies see their own.
-- by: deputy clerk leader office chair auditor
-- effect: none
-- fills: meeting
select
    m.meeting_id, m.code, m.kind, m.title, g.code as group_code, u.code as unit_code, m.held_on, m.place, m.state,
    m.minutes,
    (
        select count(*)::int from roll_line as r
        where r.town_id = m.town_id and r.meeting_id = m.meeting_id
    ) as on_roll,
    (
        select count(distinct a.person_id)::int from attendance_mark as a
        where a.town_id = m.town_id and a.meeting_id = m.meeting_id
    ) as marked,
    m.agenda, m.laws, m.document, m.appraisees, m.postponed_from as postponed_from_on,
    attended(m.meeting_id) as attended, quorum(m) as quorum, notify_by(m.kind, m.held_on) as notify_by_on,
    told_too_late(m) as told_too_late,
    (
        select count(*)::int from mark_conflict as c
        where c.town_id = m.town_id and c.meeting_id = m.meeting_id
    ) as conflicts,
    w.revision as minutes_revision, a.login as minutes_by, minutes_confirmed(m.meeting_id) as confirmed,
    meeting_actions(:caller, m) as actions, room_no_of(m.meeting_id) as room_no
from meeting as m
left join deputy_group as g on g.town_id = m.town_id and g.group_id = m.group_id
left join unit as u on u.town_id = m.town_id and u.unit_id = m.unit_id
left join lateral latest_minutes(m.meeting_id) as w on true
left join account as a on a.town_id = m.town_id and a.account_id = w.author_id
where m.town_id = (:caller).town_id and m.meeting_id = (select meeting_seen(:caller, :meeting_id, :code))

-- fills: roll
with line as materialized ( -- else the roll may be computed once for each person
    select m.town_id, m.group_id, l.*
    from meeting as m
    cross join lateral roll_lines(m.held_on, m.held_on) as l
    where
        m.town_id = (:caller).town_id
        and m.meeting_id = (select meeting_seen(:caller, :meeting_id, :code))
        and l.meeting_id = m.meeting_id
)
select
    p.person_id, p.code, p.name, l.notice, l.notified_on, l.mark,
    (
        select count(*)::int from attendance_mark as a
        where a.town_id = l.town_id and a.meeting_id = l.meeting_id and a.person_id = l.person_id
    ) as marks,
    l.status, l.rule, l.asked_on as leave_asked_on, l.decision as leave_decision,
    exists (
        select from mark_conflict as c
        where c.town_id = l.town_id and c.meeting_id = l.meeting_id and c.person_id = l.person_id
    ) as conflict,
    coalesce(
        (
            select c.clock_off
            from present_mark as b
            join mark_clock as c on c.town_id = b.town_id and c.op_id = b.op_id
            where b.town_id = l.town_id and b.meeting_id = l.meeting_id and b.person_id = l.person_id
        ),
        false
    ) as clock_off
from line as l
join person as p on p.town_id = l.town_id and p.person_id = l.person_id
where line_seen(:caller, l.group_id, l.held_on, l.person_id)
order by p.code

-- fills: decisions
select d.text, d.in_favour, d.against, d.abstained
from latest_minutes((select meeting_seen(:caller, :meeting_id, :code))) as w
join decision as d on d.town_id = w.town_id and d.meeting_id = w.meeting_id and d.revision = w.revision
where d.town_id = (:caller).town_id
order by d.position

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from meeting as m
cross join lateral steps(m.meeting_id) as s
where
    m.town_id = (:caller).town_id
    and m.meeting_id = (select meeting_seen(:caller, :meeting_id, :code))
    -- what is of one person goes with their line
    and (
        s.facts::jsonb ->> 'person' is null
        or exists (
            select from person as p
            where
                p.town_id = m.town_id and p.code = s.facts::jsonb ->> 'person'
                and line_seen(:caller, m.group_id, m.held_on, p.person_id)
        )
    )
order by s.step_no

-- fills: sheets
select
    s.code as sheet_code,
    (
        select count(*)::int from sheet_row as r
        where r.town_id = s.town_id and r.sheet_id = s.sheet_id
    ) as rows,
    a.login as made_by, s.made_at as made_us, sheet_outdated(s.*) as outdated,
    (
        select count(*)::int from sheet_entry as e
        where e.town_id = s.town_id and e.sheet_id = s.sheet_id
    ) as entries
from sheets_seen(:caller, (select meeting_seen(:caller, :meeting_id, :code))) as s
join account as a on a.town_id = s.town_id and a.account_id = s.account_id
where s.town_id = (:caller).town_id
order by s.made_at, s.sheet_id
