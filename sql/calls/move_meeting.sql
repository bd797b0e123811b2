-- Opens, closes, confirms, sends back, approves, locks, cancels, postpones or replans a meeting; says who is unmarked.
-- by: clerk leader office chair
-- effect: ledger
-- changes: meeting notice of meeting_id
select m.state, m.unknown, m.attended, m.quorum, m.told_too_late
from move_meeting(:caller, :op, :meeting_id, :action, :note, :held_on) as m
