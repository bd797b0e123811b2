-- Counts a print of a page of a register, or of all its pages: "第 2 次打印" stands below the page, outside its hash.
-- by: clerk leader office chair
-- effect: log
select p.page, p.print_no, p.page_hash
from print_register(:caller, :book, :group_code, :year, :page) as p
order by p.page
