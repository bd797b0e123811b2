-- Begins to take all records out as CSV files, and keeps who did and for what: what each file comes to at this moment.
-- by: office chair auditor backup
-- effect: log alone
select s.file, s.header, s.rows, s.digest, s.export_id, s.left_out, s.left_out_counts
from start_export(:caller, :purpose, :export_id) as s
