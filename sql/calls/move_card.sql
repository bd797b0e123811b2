-- Objects to a card, answers the objection, or signs the card: what it says then is kept for good.
-- by: deputy leader office chair
-- effect: ledger
-- changes: office of mandate_id
select c.state, c.version, c.digest from move_card(:caller, :op, :mandate_id, :year, :action, :note, :early) as c
