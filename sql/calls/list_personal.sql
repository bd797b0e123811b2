-- Residents' requests about their own information, by code.
-- by: clerk leader office chair auditor
-- effect: none
select
    r.request_id, r.code, r.kind, r.state, f.code as feedback_code, g.code as group_code, r.asker, r.proof, r.note,
    a.login as taken_by, r.taken_on, r.due_on, r.decided_on, r.decision_note, r.done_on,
    case when r.state = 'requested' then lateness(r.due_on, today()) end as lateness,
    case when lead(r.code) over (order by r.code) is not null then r.code end as next
from personal_request as r
join feedback as f on f.town_id = r.town_id and f.feedback_id = r.feedback_id
join deputy_group as g on g.town_id = f.town_id and g.group_id = f.group_id
join account as a on a.town_id = r.town_id and a.account_id = r.taken_by
where
    r.town_id = (:caller).town_id
    and personal_in_scope(:caller, r)
    and (:state is null or r.state = :state)
    and (:after is null or r.code > :after)
order by r.code
limit page(:limit)
