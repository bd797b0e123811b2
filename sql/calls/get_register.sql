-- A page of a register as it was posted, the last if none is named, and what waits to be posted.
-- by: clerk leader office chair auditor
-- effect: none
-- fills: register
select
    p.book, p.title, p.group_code, p.group_name, p.town_name, p.year, p.columns, p.lines_a_page, p.lines, p.pages,
    p.page, p.page_hash, p.previous_hash, p.complete, p.prints
from register_page(:caller, :book, :group_code, :year, :page) as p

-- fills: lines
select l.line_no, l.cells, l.corrects_line_no, l.reason, l.changes, l.posted_at as posted_us
from register_page(:caller, :book, :group_code, :year, :page) as p
join register_line as l
    on l.town_id = (:caller).town_id and l.register_id = p.register_id
    and l.line_no between p.first_line and p.last_line
order by l.line_no

-- fills: waiting
select
    w.cells, w.corrects_line_no,
    case when w.corrects_line_no is not null then register_reason(w.record_id, w.cells, w.posted_at) end as reason,
    case when w.corrects_line_no is not null then register_changes(p.columns, w.before, w.cells) end as changes
from register_page(:caller, :book, :group_code, :year, :page) as p
cross join lateral register_waiting(:book, p.year, array[register_scope(:caller, :group_code)]) as w
order by w.corrects_line_no is not null, w.place collate "C", w.record_id
limit 500
