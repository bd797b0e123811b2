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
    ) as marked
from meeting as m
left join deputy_group as g on g.town_id = m.town_id and g.group_id = m.group_id
left join unit as u on u.town_id = m.town_id and u.unit_id = m.unit_id
where m.town_id = (:caller).town_id and m.meeting_id = (select meeting_seen(:caller, :meeting_id, :code))

-- fills: roll
select
    p.person_id, p.code, p.name, l.notice, l.notified_on, l.mark,
    (
        select count(*)::int from attendance_mark as a
        where a.town_id = m.town_id and a.meeting_id = m.meeting_id and a.person_id = p.person_id
    ) as marks,
    l.status, l.rule
from meeting as m
cross join lateral roll_lines(m.held_on, m.held_on) as l
join person as p on p.town_id = m.town_id and p.person_id = l.person_id
where
    m.town_id = (:caller).town_id
    and m.meeting_id = (select meeting_seen(:caller, :meeting_id, :code))
    and l.meeting_id = m.meeting_id
    and case
        when (:caller).role = 'deputy' then p.person_id = (:caller).person_id
        when (:caller).role in ('clerk', 'leader') and m.group_id is null
            then exists (
                select from mandates_in_force(p.person_id, m.held_on) as f where f.group_id = (:caller).group_id
            )
        else true
    end
order by p.code
