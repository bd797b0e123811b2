-- Says that what a visit found was put right; voids a visit that was entered by mistake.
-- by: office chair
-- effect: ledger
-- changes: office of room_visit_id
select move_room_visit(:caller, :op, :room_visit_id, :action, :note, :photo_on) as state
