-- Signs, checks at mid-year, settles or voids a target sheet. Checked and settled figures are frozen with their lists.
-- by: leader office chair
-- effect: ledger
-- changes: office notice of target_id
select m.state, m.points from move_target(:caller, :op, :target_id, :action, :note) as m
