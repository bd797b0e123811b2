-- The town's seals after one that is known; makes the next one when it is due.
-- by: deputy clerk leader office chair unit auditor backup admin
-- effect: log
select s.seal_no, s.previous, s.root, s.operations, s.rows, s.findings, s.sealed_us, s.hash, s.last
from lv.seals(:caller, :since, :limit, false) as s
