-- Every number of a room's year, or of all rooms': used, missing below the highest, given twice, or explained.
-- by: clerk leader office chair auditor
-- effect: none
select
    n.group_code, n.room_no, n.state, n.subject, n.code, n.title, n.taken_us, n.reason, n.explained_by,
    case when lead(n.place) over (order by n.place collate "C") is not null then n.place end as next
from room_numbers_shown(:caller, :group_code, :year, :state) as n
where :after is null or n.place collate "C" > :after
order by n.place collate "C"
limit page(:limit)
