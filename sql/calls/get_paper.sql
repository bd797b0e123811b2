-- One paper of a group, and its history. Deputies see what was approved.
-- by: deputy clerk leader office chair auditor
-- effect: none
-- fills: paper
select
    p.paper_id, p.code, g.code as group_code, p.kind, p.year, p.state, paper_due(p.kind, p.year) as due_on,
    p.submitted_on, p.approved_on, a.login as written_by, p.void_reason, p.text
from group_paper as p
join deputy_group as g on g.town_id = p.town_id and g.group_id = p.group_id
join account as a on a.town_id = p.town_id and a.account_id = p.written_by
where p.town_id = (:caller).town_id and p.paper_id = (select paper_found(:caller, :paper_id, :code))

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from steps((select paper_found(:caller, :paper_id, :code))) as s
where (:caller).role <> 'deputy' or s.to_state = 'approved'
order by s.step_no
