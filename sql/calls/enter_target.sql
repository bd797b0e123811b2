-- Points of a line that no record counts, with a note; the last entry holds.
-- by: office
-- effect: ledger
-- changes: office of target_id
select enter_target(:caller, :op, :target_id, :line_code, :points, :note) as state
