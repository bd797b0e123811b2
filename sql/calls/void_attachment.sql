-- Takes an attachment out of sight, with a reason; nothing of it is deleted.
-- by: deputy clerk leader office chair unit
-- effect: ledger
-- changes: office of attachment_id
select void_attachment(:caller, :op, :attachment_id, :reason) as code
