-- Meetings and activities that the caller may see, oldest first, of some days, a kind, a state or a group.
-- by: deputy clerk leader office chair auditor
-- effect: none
select
    m.meeting_id, m.code, m.kind, m.title, g.code as group_code, u.code as unit_code, m.held_on, m.place, m.state,
    (
        select count(*)::int from roll_line as r
        where r.town_id = m.town_id and r.meeting_id = m.meeting_id
    ) as on_roll,
    (
        select count(distinct a.person_id)::int from attendance_mark as a
        where a.town_id = m.town_id and a.meeting_id = m.meeting_id
    ) as marked,
    case
        when lead(m.code) over (order by m.held_on, m.code) is not null then m.held_on::text || ' ' || m.code
    end as next
from meetings_seen(:caller) as m
left join deputy_group as g on g.town_id = m.town_id and g.group_id = m.group_id
left join unit as u on u.town_id = m.town_id and u.unit_id = m.unit_id
where
    m.town_id = (:caller).town_id
    and m.held_on between coalesce(:from_on, '-infinity') and coalesce(:to_on, 'infinity')
    and (:kind is null or m.kind = :kind)
    and (:state is null or m.state = :state)
    and (:group_code is null or g.code = :group_code)
    and (:after is null or (m.held_on, m.code) > (left(:after, 10)::date, substr(:after, 12)))
order by m.held_on, m.code
limit page(:limit)
