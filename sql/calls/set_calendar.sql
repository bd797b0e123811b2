-- Says of days that they are worked or not, against the week; what was said of the same day before is replaced.
-- by: admin
-- effect: ledger
select lv.set_calendar(:caller, :days.day_on, :days.working, :days.name) as days
