-- One deputy keeps up with one group of voters, from a day on.
-- by: clerk leader office
-- effect: ledger
-- changes: office of voter_link_id
select link_voters(:caller, :op, :voter_link_id, :person_id, :group_id, :voters, :starts_on) as code
