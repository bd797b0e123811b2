-- Writes a group's target sheet of a year; of a draft it sets other lines, and who had signed must sign again.
-- by: office
-- effect: ledger
-- changes: office notice of target_id
select w.code, w.total
from write_target(
    :caller, :op, :target_id, :group_id, :year, :lines.line_code, :lines.label, :lines.weight, :lines.goal, :lines.rule
) as w
