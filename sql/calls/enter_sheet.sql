-- Records what a signed sheet says, by the rules of every mark, and keeps who read what on it.
-- by: clerk leader office chair
-- effect: ledger
-- changes: meeting of meeting_id
select e.recorded, e.corrected, e.unchanged, e.differing
from enter_sheet(
    :caller, :op, :entry_id, :sheet_code, :meeting_id, :marks.row_no, :marks.mark, :rest, :reason, :scan_id
) as e
