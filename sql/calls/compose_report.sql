-- The presidium's work report of a year, in Chinese; what each number is bound to, and what to look at again.
-- by: office chair auditor
-- effect: none
-- fills: paragraphs
select c.name, c.text, c.own
from compose(:year) as c
order by c.position, c.name collate "C"

-- fills: bindings
select b.paragraph, b.figure, b.form, b.shown, b.value
from report_bindings(:year) as b

-- fills: warnings
select w.rule, w.paragraph, w.number, w.figure, w.parts, w.value, w.total
from report_warnings(:year) as w
