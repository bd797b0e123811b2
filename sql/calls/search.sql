-- Finds people, groups, meetings, feedback and suggestions by name and text, as far as the caller sees them.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
select s.subject, s.record_id, s.code, s.title, s.excerpt, s.day_on, s.state
from search(:caller, :query, :subject, :limit) as s
