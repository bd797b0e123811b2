-- What waits for the caller, by their role and within their reach, the longest overdue first.
-- by: deputy clerk leader office chair unit
-- effect: none
select
    t.subject, t.rule, t.record_id, t.code, t.title, t.person_code, t.since_on, t.due_on, t.lateness,
    case
        when lead(t.place) over (order by t.place collate "C") is not null then t.place
    end as next
from todos(:caller, :subject) as t
where
    (not coalesce(:late_only, false) or t.lateness in ('late', 'very_late', 'overdue'))
    and (:after is null or t.place collate "C" > :after)
order by t.place collate "C"
limit page(:limit)
