-- An entry of money is signed for, confirmed by a second person, or void.
-- by: office chair
-- effect: ledger
-- changes: office of fund_id
select m.state from move_fund(:caller, :op, :fund_id, :action, :note, :day_on) as m
