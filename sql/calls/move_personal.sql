-- Decides on a resident's request, and carries it out.
-- by: clerk office chair
-- effect: ledger
-- changes: office of request_id
select m.state, m.still_open
from move_personal(
    :caller, :op, :request_id, :action, :note, :resident_name, :resident_phone, :resident_address, :may_share
) as m
