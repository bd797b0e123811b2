-- The state machines of the records: which step leads from where to where, and whose it is.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
select t.subject, t.action, t.from_states, t.to_states, t.roles
from transition as t
where
    t.subject = coalesce(:subject, t.subject)
    and (
        select
            coalesce(:subject in (select k.subject from transition as k), true)
            or refuse('invalid', 'subject_unknown', 'subject', :subject)
    )
