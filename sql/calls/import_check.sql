-- Lists every fault of a staged import, by file, line and column.
-- by: office
-- effect: none alone
select p.file, p.line, p.column_name as "column", p.value, p.rule, p.held, p.next
from lv.import_fault_page(:import_id, :update, :limit, :after) as p
