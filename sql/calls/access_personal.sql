-- Shows what is held about who asked, for a granted request; this look is kept as every look is.
-- by: office
-- effect: log
select
    a.role, a.reason, a.looked_us, a.code, a.feedback_code, a.received_on, a.topic, a.text, a.state, a.over_on,
    a.until_on, a.resident_name, a.resident_phone, a.resident_address, a.may_share, a.notice_given
from access_personal(:caller, :request_id) as a
