-- Freezes a year's work report as it is composed now: text, figures and their digest. Nothing changes it any more.
-- by: office chair
-- effect: ledger
-- changes: office
select k.code, k.digest
from lv.keep_report(:caller, :op, :year) as k
