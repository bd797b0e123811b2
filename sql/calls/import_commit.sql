-- Puts a faultless import into the records, all of it or nothing; a second one of the same files changes nothing.
-- by: office
-- effect: ledger alone
-- changes: meeting feedback suggestion roster
select c.added, c.changed, c.unchanged
from lv.import_commit(:caller, :op, :import_id, coalesce(:update, false)) as c
