-- Freezes the roll and tells everybody on it; says how many were told too late to be liable.
-- by: clerk leader office chair
-- effect: ledger
-- changes: meeting notice of meeting_id
select n.on_roll, n.told_too_late, n.notify_by_on
from notify_meeting(
    :caller, :op, :meeting_id, :people.person_id, :people.notice, :people.notified_on, :notice, :notified_on
) as n
