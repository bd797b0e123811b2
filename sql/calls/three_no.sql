-- The three nots of everyone in office in the period whom the caller may see; the summary is of all, not of a page.
-- by: deputy leader office chair auditor
-- effect: none
-- fills: summary
select
    count(*)::int as people,
    count(*) filter (where t.nots = 1)::int as one_no,
    count(*) filter (where t.nots = 2)::int as two_no,
    count(*) filter (where t.nots = 3)::int as three_no,
    count(*) filter (where greatest(t.no_meetings, t.no_activities, t.no_voices) = 2)::int as warned,
    count(*) filter (where greatest(t.no_meetings, t.no_activities, t.no_voices) = 1)::int as reminded
from three_no(:from_on, :to_on) as t
join people_seen(:caller, :from_on, :to_on) as s on s.person_id = t.person_id

-- fills: people
select
    t.code, t.name, t.days_in_office, t.meetings_attended, t.meetings_unexcused, t.congress_sessions_unexcused,
    t.activities_attended, t.activities_unexcused, t.voices_relayed, t.voter_contacts,
    t.no_meetings, t.no_activities, t.no_voices, t.nots,
    case when lead(t.code) over (order by t.code) is not null then t.code end as next
from three_no(:from_on, :to_on) as t
join people_seen(:caller, :from_on, :to_on) as s on s.person_id = t.person_id
where :after is null or t.code > :after
order by t.code
limit page(:limit)
