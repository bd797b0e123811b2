-- The caller has read a notice; a meeting's, read by its own addressee, is a proof of notice where none is held.
-- by: deputy clerk leader office chair unit auditor
-- effect: ledger
-- changes: notice meeting of notice_id
select lv.receive_notice(:caller, :op, :notice_id) as proved
