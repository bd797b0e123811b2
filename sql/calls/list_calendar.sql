-- The days that differ from the week: holidays, and weekend days that are worked; of one year, if it is named.
-- by: deputy clerk leader office chair unit auditor backup admin
-- effect: none
select c.day as day_on, c.working, c.name
from data.calendar_day as c
where coalesce(extract(year from c.day) = :year, true)
order by c.day
