-- One suggestion or bill with who signed its present wording and its history. Who was asked and did not sign is seen by
-- those who had a part in it, by the office, the chair and auditors.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
-- fills: suggestion
select v.*, suggestion_actions(:caller, s) as actions
from suggestion as s
cross join lateral suggestion_shown(s) as v
where s.town_id = (:caller).town_id and s.suggestion_id = (select suggestion_found(:caller, :suggestion_id, :code))

-- fills: proposers
select p.person_code, p.person_name, p.position, p.answer, p.answered_us
from suggestion as s
cross join lateral suggestion_proposers(:caller, s) as p
where s.town_id = (:caller).town_id and s.suggestion_id = (select suggestion_found(:caller, :suggestion_id, :code))
order by p.position, p.person_code

-- fills: steps
select
    t.step_no, t.subject, t.action, t.from_state, t.to_state, t.note, t.facts, t.author, t.author_role, t.recorded_us
from suggestion as s
cross join lateral steps(s.suggestion_id) as t
where
    s.town_id = (:caller).town_id
    and s.suggestion_id = (select suggestion_found(:caller, :suggestion_id, :code))
    and (sees_answers(:caller, s) or t.action not in ('change', 'invite', 'cosign', 'decline'))
order by t.step_no
