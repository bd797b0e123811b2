-- Writes the report of an activity that was held, one an activity; of a draft it changes the text.
-- by: leader office
-- effect: ledger
-- changes: office of follow_up_id
select write_follow_up(:caller, :op, :follow_up_id, :meeting_id, :report) as code
