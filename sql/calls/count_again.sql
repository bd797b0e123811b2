-- The second count, by another who has not seen the first. Both are kept; where they differ, the figures are named, and
-- both count anew.
-- by: clerk leader office
-- effect: ledger
-- changes: office of appraisal_id
select c.state, c.differing, c.count_differs
from count_again(
    :caller, :op, :appraisal_id,
    row(:issued, :returned, :invalid, :excellent, :competent, :basic, :incompetent)::ballots
) as c
