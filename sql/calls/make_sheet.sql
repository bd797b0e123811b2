-- Makes a sign-in sheet of a meeting's roll, or gives the one there is of the same roll.
-- by: clerk leader office
-- effect: ledger
-- changes: meeting of meeting_id
select m.sheet_code, m.rows from make_sheet(:caller, :op, :sheet_id, :meeting_id) as m
