-- Announces a file of a record, or goes on with one whose upload broke off: says which chunks are here.
-- by: deputy clerk leader office chair unit
-- effect: ledger
select s.attachment_id, s.code, s.received, s.chunk_size
from start_attachment(
    :caller, :op, :attachment_id, :subject, :record_id, :record_code, :name, :type, :size, :sha256, :note, :sealed,
    :redacts_id
) as s
