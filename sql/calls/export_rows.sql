-- A page of one file of an export that the caller has begun.
-- by: office chair auditor backup
-- effect: none
select p.lines, p.next
from export_page(:caller, :export_id, :file, :after, :limit) as p
