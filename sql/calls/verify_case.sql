-- Computes the evidence of a version anew from the records as they are: the same, byte for byte, or what is not.
-- by: deputy leader office chair auditor
-- effect: none
select
    c.code, v.version, y.same, y.intact, y.digest, y.present_digest, y.parts, y.meeting_codes
from version_seen(:caller, :case_id, :code, :version) as v
join three_no_case as c on c.town_id = v.town_id and c.case_id = v.case_id
cross join lateral lv.verify_case(v) as y
