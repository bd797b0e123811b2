-- Approves, refuses, grants after all or takes back a leave.
-- by: deputy clerk leader chair
-- effect: ledger
-- changes: meeting of meeting_id
select l.state, l.too_late from move_leave(:caller, :op, :meeting_id, :person_id, :action, :note) as l
