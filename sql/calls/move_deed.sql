-- A deed is verified, rejected, joined to the one that it is, claimed again, taken back or void.
-- by: deputy clerk leader office
-- effect: ledger
-- changes: office of deed_id
select m.state
from move_deed(:caller, :op, :deed_id, :action, :note, :witness, :distinct_note, :same_as_code) as m
