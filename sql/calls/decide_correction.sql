-- Accepts or refuses a changed mark of a locked meeting; an accepted one is added, and the earlier one stays.
-- by: chair
-- effect: ledger
-- changes: meeting of meeting_id
select decide_correction(:caller, :op, :request_id, :meeting_id, :accepted, :note) as request_id
