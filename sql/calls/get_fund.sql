-- One entry of money with its history.
-- by: deputy leader office chair auditor
-- effect: none
-- fills: fund
select s.*, actions_open('fund', s.state, (:caller).role) as actions
from fund as f
cross join lateral fund_shown(f) as s
where f.town_id = (:caller).town_id and f.fund_id = (select fund_found(:caller, :fund_id, :code))

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from steps((select fund_found(:caller, :fund_id, :code))) as s
order by s.step_no
