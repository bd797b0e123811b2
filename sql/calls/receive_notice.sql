-- The caller has read a notice; of a meeting or a case, its own addressee: a proof that they were told.
-- by: deputy clerk leader office chair unit auditor
-- effect: ledger
-- changes: notice meeting case of notice_id
select lv.receive_notice(:caller, :op, :notice_id) as proved
