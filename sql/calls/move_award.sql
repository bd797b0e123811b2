-- An award is checked, decided with its document and the day's sum, paid; or comes to nothing.
-- by: leader office chair
-- effect: ledger
-- changes: office of award_id
select m.state, m.amount_yuan, m.over_quota, m.open_lines
from move_award(:caller, :op, :award_id, :action, :note, :day_on, :document) as m
