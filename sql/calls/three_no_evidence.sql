-- What one deputy's three nots rest on: every line of every roll with its status and rule, every voice, the settings.
-- by: deputy leader office chair auditor
-- effect: none
-- fills: person
select
    t.code, t.name, t.days_in_office, t.meetings_attended, t.meetings_unexcused, t.congress_sessions_unexcused,
    t.activities_attended, t.activities_unexcused, t.voices_relayed, t.voter_contacts,
    t.no_meetings, t.no_activities, t.no_voices, t.nots
from three_no(:from_on, :to_on) as t
where t.person_id = (select person_seen(:caller, :person_code, :from_on, :to_on))

-- fills: findings
select f.dimension, f.level, f.rule
from three_no(:from_on, :to_on) as t
cross join lateral (
    values
    ('no_meetings', t.no_meetings, t.no_meetings_rule),
    ('no_activities', t.no_activities, t.no_activities_rule),
    ('no_voices', t.no_voices, t.no_voices_rule)
) as f (dimension, level, rule)
where t.person_id = (select person_seen(:caller, :person_code, :from_on, :to_on))

-- fills: lines
select
    m.code as meeting_code, m.kind, m.title, m.held_on, l.notice, l.notified_on, l.mark,
    l.asked_on as leave_asked_on, l.decision as leave_decision, l.decided_on as leave_decided_on,
    l.status, l.rule, l.counted
from roll_lines(:from_on, :to_on) as l
join meeting as m on m.town_id = (:caller).town_id and m.meeting_id = l.meeting_id
where l.person_id = (select person_seen(:caller, :person_code, :from_on, :to_on))
order by m.held_on, m.code

-- fills: voices
select v.code, v.what, v.day_on
from voter_work(:from_on, :to_on) as v
where v.person_id = (select person_seen(:caller, :person_code, :from_on, :to_on))
order by v.day_on, v.code

-- fills: settings
select s.key, s.value, s.holds_from as holds_from_on
from settings_used(:to_on) as s
order by s.key
