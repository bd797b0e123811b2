-- The evidence pack of a version as it was frozen, in pieces that a frame holds.
-- by: deputy leader office chair auditor
-- effect: none
select
    substr(v.pack, p.first, 30000) as text,
    case when p.first + 30000 <= length(v.pack) then (p.first + 30000)::text end as next
from version_seen(:caller, :case_id, :code, :version) as v
cross join lateral (select greatest(coalesce(:after, '1')::int, 1) as first) as p
limit page(:limit)
