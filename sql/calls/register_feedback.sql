-- Takes down what a villager says; who said it is kept apart from it, and only if they were told why.
-- by: deputy clerk leader office
-- effect: ledger
-- changes: feedback of feedback_id
select r.code, r.receipt, r.room_no
from register_feedback(
    :caller, :op, :feedback_id, :group_id, :deputy_id, :received_on, :topic, :text, :meeting_id, :resident_name,
    :resident_phone, :resident_address, :may_share, :notice_given, :room_no
) as r
