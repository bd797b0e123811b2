-- Writes a new revision of the minutes, with the decisions and their votes; earlier ones stay.
-- by: clerk leader office
-- effect: ledger
-- changes: meeting of meeting_id
select write_minutes(
    :caller, :op, :meeting_id, :text, :decisions.text, :decisions.in_favour, :decisions.against, :decisions.abstained
) as revision
