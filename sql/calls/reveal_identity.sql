-- Shows who said it, for a reason that is kept with who looked and when.
-- by: deputy clerk office chair unit
-- effect: log
select i.resident_name, i.resident_phone, i.address as resident_address, i.may_share, i.notice_given
from reveal_identity(:caller, :feedback_id, :reason) as i
