-- The list behind one figure of a period, by day and code.
-- by: office chair auditor
-- effect: none
select r.code, r.day_on, r.title, r.name, r.part, r.amount, r.measure, r.next
from figure_list(:figure, :from_on, :to_on, :after, :limit) as r
