-- Seals what there is now, and gives the seals after one that is known: before a backup, or for an auditor.
-- by: office chair auditor backup admin
-- effect: log alone
select s.seal_no, s.previous, s.root, s.operations, s.rows, s.findings, s.sealed_us, s.hash, s.last
from lv.seals(:caller, :since, :limit, true) as s
