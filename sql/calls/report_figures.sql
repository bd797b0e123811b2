-- The figures of a period (rules.md section 4); each is what ReportRows lists behind it, counted or summed up.
-- by: office chair auditor
-- effect: none
select f.figure, f.section, f.measure, f.value
from figures(:from_on, :to_on) as f
