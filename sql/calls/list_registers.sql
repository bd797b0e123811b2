-- The registers of a year, of one group or of all and the whole town: pages, prints, and how much waits to be posted.
-- by: clerk leader office chair auditor
-- effect: none
select
    r.book, r.title, r.group_code, r.group_name, r.year, r.lines, r.pages, r.prints, r.posted_us, r.waiting,
    case when lead(r.place) over (order by r.place collate "C") is not null then r.place end as next
from registers(:caller, :year, :group_code) as r
where :after is null or r.place collate "C" > :after
order by r.place collate "C"
limit page(:limit)
