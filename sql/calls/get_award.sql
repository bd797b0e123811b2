-- One award with its history.
-- by: deputy leader office chair auditor
-- effect: none
-- fills: award
select s.*, actions_open('award', s.state, (:caller).role) as actions
from award_found(:caller, :award_id, :code) as c
cross join lateral award_shown(c) as s

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from award_found(:caller, :award_id, :code) as c
cross join lateral steps(c.award_id) as s
where (:caller).role <> 'deputy'
order by s.step_no
