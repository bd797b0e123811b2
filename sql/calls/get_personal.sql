-- One request with its history.
-- by: clerk leader office chair auditor
-- effect: none
-- fills: request
select
    r.request_id, r.code, r.kind, r.state, f.code as feedback_code, g.code as group_code, r.asker, r.proof, r.note,
    a.login as taken_by, r.taken_on, r.due_on, r.decided_on, r.decision_note, r.done_on,
    case when r.state = 'requested' then lateness(r.due_on, today()) end as lateness,
    actions_open('personal', r.state, (:caller).role) as actions
from personal_found(:request_id, :code) as r
join feedback as f on f.town_id = r.town_id and f.feedback_id = r.feedback_id
join deputy_group as g on g.town_id = f.town_id and g.group_id = f.group_id
join account as a on a.town_id = r.town_id and a.account_id = r.taken_by
where
    demand(
        personal_in_scope(:caller, r), 'forbidden', 'not_yours', 'subject', 'personal', 'code', r.code,
        'role', (:caller).role
    )

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from personal_found(:request_id, :code) as r
cross join lateral steps(r.request_id) as s
where personal_in_scope(:caller, r)
order by s.step_no
