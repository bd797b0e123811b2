-- Says why a number of a room has no record: a spoilt slip.
-- by: clerk leader office
-- effect: ledger
-- changes: office
select explain_room_no(:caller, :op, :room_no, :reason) as room_no
