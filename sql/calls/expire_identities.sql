-- Ends villagers' names, phones and addresses whose time is over, for good; the matters stay.
-- by: office
-- effect: ledger
-- changes: feedback
select e.expired, e.codes from expire_identities(:caller, :op, :feedback_ids, :note) as e
