-- Adds people to a frozen roll, each with their own day of notice, and proves the notice of those on it.
-- by: clerk leader office chair
-- effect: ledger
-- changes: meeting notice of meeting_id
select n.added, n.proved, n.told_too_late, n.notify_by_on
from notify_people(:caller, :op, :meeting_id, :people.person_id, :people.notice, :people.notified_on) as n
