-- The paragraphs of the work report as they hold on a day.
-- by: office chair auditor
-- effect: none
select p.name, p.position, p.text, p.holds_from as holds_from_on
from report_paragraphs(coalesce(:on_day_on, today())) as p
