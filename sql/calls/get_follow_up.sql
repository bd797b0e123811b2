-- One follow-up: the report, the plans, the suggestions that arose from the activity, the history. A unit sees those
-- that were forwarded to it, and not what their reports said as drafts.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
-- fills: follow_up
select v.*, follow_up_actions(:caller, f) as actions
from follow_up as f
cross join lateral follow_up_shown(f) as v
where f.town_id = (:caller).town_id and f.follow_up_id = (select follow_up_found(:caller, :follow_up_id, :code))

-- fills: items
select i.position, i.text, i.due_on, i.revision
from follow_up_item as i
where
    i.town_id = (:caller).town_id
    and i.follow_up_id = (select follow_up_found(:caller, :follow_up_id, :code))
order by i.revision desc, i.position

-- fills: suggestions
select s.code, s.title, s.state, s.unit_code, s.submitted_on
from follow_up as f
cross join lateral follow_up_suggestions(:caller, f) as s
where f.town_id = (:caller).town_id and f.follow_up_id = (select follow_up_found(:caller, :follow_up_id, :code))
order by s.submitted_on, s.code

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from steps((select follow_up_found(:caller, :follow_up_id, :code))) as s
where (:caller).role <> 'unit' or s.action not in ('write', 'change')
order by s.step_no
