-- One item with its history. A unit sees of the history what came after the screening; nobody sees here who said it.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
-- fills: feedback
select
    s.*,
    case
        when in_scope(:caller, f.group_id, f.deputy_id, f.unit_id)
            then actions_open('feedback', f.state, (:caller).role)
        else '{}'
    end as actions
from feedback as f
cross join lateral feedback_shown(:caller, f) as s
where f.town_id = (:caller).town_id and f.feedback_id = (select feedback_found(:caller, :feedback_id, :code))

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from steps((select feedback_found(:caller, :feedback_id, :code))) as s
where (:caller).role <> 'unit' or s.to_state not in ('registered', 'screening', 'need_info')
order by s.step_no
