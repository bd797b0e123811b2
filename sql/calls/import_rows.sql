-- Stages rows of one CSV file; nothing of it is in the records before the commit.
-- by: office
-- effect: ledger
select lv.import_rows(:import_id, :file, :lines, :columns, :cells) as rows
