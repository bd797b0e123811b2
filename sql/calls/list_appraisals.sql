-- Appraisals and the tallies on their way that the caller may see, by the day of the meeting.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
select
    a.appraisal_id, a.code, a.meeting_code, a.held_on, a.category, a.subject, a.subject_name, a.state, a.round,
    a.issued, a.returned, a.invalid, a.excellent, a.competent, a.basic, a.incompetent, a.rate, a.verdict,
    a.announced_on, a.deliver_due_on, a.delivered_on, a.void_reason,
    case
        when lead(a.code) over (order by a.held_on, a.code) is not null then a.held_on || ' ' || a.code
    end as next
from appraisals_seen(:caller) as a
where
    (:from_on is null or a.held_on >= :from_on)
    and (:to_on is null or a.held_on <= :to_on)
    and (:meeting_code is null or a.meeting_code = :meeting_code)
    and (:category is null or a.category = :category)
    and (:state is null or a.state = :state)
    and (:after is null or (a.held_on, a.code) > (left(:after, 10)::date, substr(:after, 12)))
order by a.held_on, a.code
limit page(:limit)
