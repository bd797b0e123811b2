-- Ends a deputy's link with a group of voters, or voids one that was entered by mistake.
-- by: clerk leader office
-- effect: ledger
-- changes: office of voter_link_id
select move_voter_link(:caller, :op, :voter_link_id, :action, :note, :day_on) as state
