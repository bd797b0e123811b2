-- Asks deputies in office to sign the caller's suggestion as it is worded now; each gets a notice.
-- by: deputy
-- effect: ledger
-- changes: suggestion notice of suggestion_id
select invite_cosigners(:caller, :op, :suggestion_id, :person_ids) as invited
