-- A line of the score sheet from a year on; earlier years' sheets and decided awards stay as they are.
-- by: chair
-- effect: ledger
-- changes: office
select set_score_line(
    :caller, :op, :kind, :line, :from_year, :position, :label, :max_points, :measure, :target, :step_points
) as max_points
