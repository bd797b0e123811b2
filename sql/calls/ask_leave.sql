-- Asks for leave from one meeting, for oneself or for a deputy in one's care; says whether it was asked in time.
-- by: deputy clerk leader office
-- effect: ledger
-- changes: meeting of meeting_id
select ask_leave(:caller, :op, :meeting_id, :person_id, :asked_on, :ground, :note) as in_time
