-- How many cases stand where, and what was found. What is not confirmed, or not any more, is in no result.
-- by: office chair auditor
-- effect: none
-- fills: states
select c.state as word, count(*)::int as count
from cases_of(:caller, :from_on, :to_on) as c
group by c.state
order by c.state collate "C"

-- fills: tracks
select c.track as word, count(*)::int as count
from cases_of(:caller, :from_on, :to_on) as c
where c.state <> 'void'
group by c.track
order by c.track collate "C"

-- fills: results
select case_result(c) as word, count(*)::int as count
from cases_of(:caller, :from_on, :to_on) as c
where case_result(c) is not null
group by case_result(c)
order by case_result(c) collate "C"
