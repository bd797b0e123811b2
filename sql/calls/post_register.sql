-- Posts to a register what has become final since, and a correction line for what has changed; again: nothing.
-- by: clerk office
-- effect: ledger
-- changes: office
select r.posted, r.corrected, r.lines, r.pages
from post_register(:caller, :op, :book, :group_code, :year) as r
