-- Every mark of one meeting as it was made, and what the chair was asked to change; deputies see their own.
-- by: deputy clerk leader office chair auditor
-- effect: none
-- fills: marks
select
    p.code as person_code, p.name as person_name, a.revision, a.mark::text as mark, a.note, w.login as author,
    a.recorded_at as recorded_us, c.authored_at as authored_us, c.clock_off_ms,
    (a.revision, a.recorded_at, a.op_id) = (b.revision, b.recorded_at, b.op_id) as present,
    exists (
        select from mark_conflict as k
        where k.town_id = a.town_id and k.meeting_id = a.meeting_id and k.person_id = a.person_id
    ) as conflict
from meeting as m
join attendance_mark as a on a.town_id = m.town_id and a.meeting_id = m.meeting_id
join person as p on p.town_id = a.town_id and p.person_id = a.person_id
join present_mark as b on b.town_id = a.town_id and b.meeting_id = a.meeting_id and b.person_id = a.person_id
left join account as w on w.town_id = a.town_id and w.account_id = a.author_id
left join mark_clock as c on c.town_id = a.town_id and c.op_id = a.op_id
where
    m.town_id = (:caller).town_id
    and m.meeting_id = (select meeting_seen(:caller, :meeting_id, :code))
    and (:person_id is null or a.person_id = :person_id)
    and line_seen(:caller, m.group_id, m.held_on, a.person_id)
order by p.code, a.revision, a.recorded_at, a.op_id

-- fills: requests
select
    q.request_id, p.code as person_code, p.name as person_name, q.mark::text as mark, q.reason, w.login as asked_by,
    q.asked_at as asked_us, q.decision, d.login as decided_by, q.decision_note
from meeting as m
join mark_request as q on q.town_id = m.town_id and q.meeting_id = m.meeting_id
join person as p on p.town_id = q.town_id and p.person_id = q.person_id
join account as w on w.town_id = q.town_id and w.account_id = q.asked_by
left join account as d on d.town_id = q.town_id and d.account_id = q.decided_by
where
    m.town_id = (:caller).town_id
    and m.meeting_id = (select meeting_seen(:caller, :meeting_id, :code))
    and (:person_id is null or q.person_id = :person_id)
    and line_seen(:caller, m.group_id, m.held_on, q.person_id)
order by q.asked_at, q.request_id
