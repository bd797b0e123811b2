-- Confirms, refuses or takes back a self-study.
-- by: deputy clerk leader chair
-- effect: ledger
-- changes: office of self_study_id
select move_self_study(:caller, :op, :self_study_id, :action, :note) as state
