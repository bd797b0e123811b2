-- Plans a meeting or activity; of one that is planned or postponed it changes what is given.
-- by: clerk leader office chair
-- effect: ledger
-- changes: meeting of meeting_id
select p.code, p.notify_by_on, p.short_notice, p.room_no
from plan_meeting(
    :caller, :op, :meeting_id, :kind, :title, :group_id, :unit_id, :held_on, :place, :agenda, :laws, :document,
    :appraisees, :room_no
) as p
