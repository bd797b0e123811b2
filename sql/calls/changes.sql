-- What has changed since a cursor, oldest first: operations that changed records which the caller may see.
-- by: deputy clerk leader office chair unit auditor
-- effect: log
select c.seq, c.topics, c.record_id, c.code, c.method, c.op_id, c.recorded_us, c.next, c.last, c.more
from lv.changes(:caller, :since, :topics, :limit) as c
