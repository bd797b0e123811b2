-- Makes a case of everybody who has a level in a period that is over, and renews those whose evidence has changed.
-- by: office chair
-- effect: ledger alone
-- changes: case
select c.added, c.renewed, c.unchanged from lv.compute_cases(:caller, :op, :from_on, :to_on) as c
