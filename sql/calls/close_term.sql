-- Closes the term: locks it, hands over what stands open, ends the town's mandates, begins the next.
-- by: chair
-- effect: ledger alone
-- changes: meeting roster office
select t.closed_term, t.locked, t.ended, t.handed_over
from close_term(:caller, :op, :new_term, :starts_on) as t
