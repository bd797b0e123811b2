-- A page of a register as it was posted, the last if none is named, and what waits to be posted.
-- by: clerk leader office chair auditor
-- effect: none
-- fills: register
select
    p.book, p.title, p.group_code, p.group_name, p.town_name, p.year, p.columns, p.lines_a_page, p.lines, p.pages,
    p.page, p.page_hash, p.previous_hash, p.complete, p.prints, p.waiting
from register_page(:caller, :book, :group_code, :year, :page) as p

-- fills: lines
select l.line_no, l.cells, l.corrects_line_no, l.reason, l.changes, l.posted_us, l.next
from register_page_lines(:caller, :book, :group_code, :year, :page, :after) as l
order by l.line_no

-- fills: waiting
select w.cells, w.corrects_line_no, w.reason, w.changes
from register_preview(:caller, :book, :group_code, :year) as w
where :after is null
