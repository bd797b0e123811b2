-- One appraisal, who counted it, and its history. Deputies and units see their own, once it is announced; figures are
-- shown once both counters agree.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
-- fills: appraisal
select
    a.appraisal_id, a.code, a.meeting_code, a.held_on, a.category, a.subject, a.subject_name, a.state, a.round,
    a.issued, a.returned, a.invalid, a.excellent, a.competent, a.basic, a.incompetent, a.rate, a.verdict,
    a.announced_on, a.deliver_due_on, a.delivered_on, a.void_reason,
    appraisal_actions(:caller, a.appraisal_id) as actions
from appraisals_seen(:caller) as a
where a.appraisal_id = (select appraisal_found(:caller, :appraisal_id, :code))

-- fills: counts
select c.round, c.counter, c.author, c.recorded_us
from tally_counts((select appraisal_found(:caller, :appraisal_id, :code))) as c
order by c.round, c.counter

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from steps((select appraisal_found(:caller, :appraisal_id, :code))) as s
order by s.step_no
