-- Checks size and digest over all chunks; from here on the attachment exists.
-- by: deputy clerk leader office chair unit
-- effect: ledger alone
-- changes: office of attachment_id
select f.code, f.attachment_id, f.sealed from finish_attachment(:caller, :op, :attachment_id) as f
