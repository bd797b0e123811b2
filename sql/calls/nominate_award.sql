-- Puts a group or a deputy up for an award of a year.
-- by: leader office
-- effect: ledger
-- changes: office of award_id
select r.code, r.state
from nominate_award(:caller, :op, :award_id, :kind, :year, :group_id, :person_id, :reason) as r
