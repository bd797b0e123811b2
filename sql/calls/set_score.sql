-- Points on a line that no record counts; what was given before stays in the records.
-- by: office
-- effect: ledger
-- changes: office
select s.points, s.max_points
from set_score(:caller, :op, this_year(:year), :group_id, :person_id, :line, :points, :note) as s
