-- One chunk of a file; nothing of it is shown before the whole has been checked.
-- by: deputy clerk leader office chair unit
-- effect: ledger
select take_chunk(:caller, :attachment_id, :number, :bytes) as number
