-- One visit to a room, with its points and its history.
-- by: deputy clerk leader office chair auditor
-- effect: none
-- fills: room_visit
select
    v.room_visit_id, v.code, g.code as group_code, v.visited_on, room_visit_state(v) as state, v.remedied_on,
    v.photo_on, a.login as inspector, v.note, v.void_reason
from room_visit as v
join deputy_group as g on g.town_id = v.town_id and g.group_id = v.group_id
join account as a on a.town_id = v.town_id and a.account_id = v.author_id
where v.town_id = (:caller).town_id and v.room_visit_id = (select room_visit_found(:caller, :room_visit_id, :code))

-- fills: points
select p.point, p.fine, p.note
from room_visit_point as p
where p.town_id = (:caller).town_id and p.room_visit_id = (select room_visit_found(:caller, :room_visit_id, :code))
order by p.position

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from steps((select room_visit_found(:caller, :room_visit_id, :code))) as s
order by s.step_no
