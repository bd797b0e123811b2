-- An inspector's visit to a group's room, point by point; it has passed when every point is fine.
-- by: office chair
-- effect: ledger
-- changes: office notice of room_visit_id
select i.code, i.passed
from inspect_room(
    :caller, :op, :room_visit_id, :group_id, :visited_on, :photo_on, :points.point, :points.fine, :points.note, :note
) as i
