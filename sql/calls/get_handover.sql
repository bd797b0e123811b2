-- What stood open when a term was closed, as it stood then, and where it stands now.
-- by: office chair auditor
-- effect: none
select
    h.term, h.line_no, h.subject, h.code, h.title, h.state, h.origin_term, h.since_on, h.age_days, h.due_on, h.holder,
    h.state_now,
    case when lead(h.line_no) over (order by h.line_no) is not null then h.line_no::text end as next
from handover_of(:term) as h
where :after is null or h.line_no > import_number(:after, 9)
order by h.line_no
limit page(:limit)
