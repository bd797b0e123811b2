-- Asks the chair to change a mark of a locked meeting, with the reason.
-- by: clerk leader office
-- effect: ledger
-- changes: meeting of meeting_id
select ask_correction(:caller, :op, :request_id, :meeting_id, :person_id, :mark, :reason) as request_id
