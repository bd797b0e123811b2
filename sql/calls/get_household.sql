-- One household with its visits, what it was before, and its history.
-- by: deputy clerk leader office chair auditor
-- effect: none
-- fills: household
select s.*, actions_open('household', s.state, (:caller).role) as actions
from household_found(:caller, :household_id, :code) as h
cross join lateral household_shown(h) as s

-- fills: visits
select v.visit_no, v.visited_on, p.code as person_code, v.text, a.login as author, v.void_reason
from household_found(:caller, :household_id, :code) as h
join household_visit as v on v.town_id = h.town_id and v.household_id = h.household_id
join person as p on p.town_id = v.town_id and p.person_id = v.person_id
join account as a on a.town_id = v.town_id and a.account_id = v.author_id
order by v.visit_no

-- fills: past
select o.until_on, o.members, helper_codes(o.helper_ids) as helper_codes, o.note, a.login as author
from household_found(:caller, :household_id, :code) as h
join household_past as o on o.town_id = h.town_id and o.household_id = h.household_id
join account as a on a.town_id = o.town_id and a.account_id = o.author_id
order by o.until_on, o.recorded_at, o.op_id

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from household_found(:caller, :household_id, :code) as h
cross join lateral steps(h.household_id) as s
order by s.step_no
