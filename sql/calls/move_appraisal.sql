-- Announces a tally that two have counted: from then on it is an appraisal. Notes that it was given in writing; voids.
-- by: leader office chair
-- effect: ledger
-- changes: office notice of appraisal_id
select m.state, m.verdict, m.deliver_due_on
from move_appraisal(:caller, :op, :appraisal_id, :action, :note, :day_on) as m
