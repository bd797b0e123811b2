-- Sends a notice to one person, a group's room, a unit, or everybody of a role; clerks and leaders within their group.
-- by: clerk leader office chair
-- effect: ledger
-- changes: notice of notice_id
select lv.send_notice(
    :caller, :op, :notice_id, :person_id, :group_id, :unit_id, :role, :title, :text
) as notice_id
