-- Hands a paper in, approves it, sends it back, voids it.
-- by: clerk leader office chair
-- effect: ledger
-- changes: office notice of paper_id
select m.state, m.submitted_late from move_paper(:caller, :op, :paper_id, :action, :note) as m
