-- One case with its history, and the evidence of one of its versions, the newest where none is named.
-- by: deputy leader office chair auditor
-- effect: none
-- fills: case
select
    s.*,
    case
        when (:caller).role in ('office', 'chair', 'auditor')
            then exists (select from stale_cases(array[c.case_id]))
    end as stale,
    case_actions(:caller, c) as actions
from three_no_case as c
cross join lateral case_shown(:caller, c) as s
where c.town_id = (:caller).town_id and c.case_id = (select case_found(:caller, :case_id, :code))

-- fills: version
select
    v.version, v.track, v.no_meetings, v.no_activities, v.no_voices, v.nots, encode(v.digest, 'hex') as digest,
    encode(v.rules, 'hex') as rules, a.login as author, v.computed_at as computed_us
from version_seen(:caller, :case_id, :code, :version) as v
join account as a on a.town_id = v.town_id and a.account_id = v.author_id

-- fills: findings
select f.dimension, f.level, f.rule
from version_seen(:caller, :case_id, :code, :version) as v
cross join lateral jsonb_to_recordset(v.pack::jsonb -> 'findings') as f (dimension text, level int, rule text)

-- fills: lines
select
    l.meeting as meeting_code, l.kind, l.title, l.held_on, l.notice, l.notified_on, l.mark,
    (l.leave ->> 'asked_on')::date as leave_asked_on, l.leave ->> 'decision' as leave_decision,
    (l.leave ->> 'decided_on')::date as leave_decided_on, l.status, l.rule, true as counted
from version_seen(:caller, :case_id, :code, :version) as v
cross join lateral jsonb_to_recordset(v.pack::jsonb -> 'lines') as l (
    meeting text, kind text, title text, held_on date, notice text, notified_on date, mark text, leave jsonb,
    status text, rule text
)
order by l.held_on, l.meeting collate "C"

-- fills: voices
select w.code, w.what, w.day_on
from version_seen(:caller, :case_id, :code, :version) as v
cross join lateral jsonb_to_recordset(v.pack::jsonb -> 'voices') as w (code text, what text, day_on date)
order by w.day_on, w.what collate "C", w.code collate "C"

-- fills: groups
select g."group" as group_code, g.from_on, g.to_on, g.activities, g.finding
from version_seen(:caller, :case_id, :code, :version) as v
cross join lateral jsonb_to_recordset(v.pack::jsonb -> 'groups') as g (
    "group" text, from_on date, to_on date, activities int, finding text
)
order by g."group" collate "C", g.from_on

-- fills: settings
select s.key, s.value, s.holds_from as holds_from_on
from version_seen(:caller, :case_id, :code, :version) as v
cross join lateral jsonb_to_recordset(v.pack::jsonb -> 'settings') as s (key text, value text, holds_from date)
order by s.key collate "C"

-- fills: versions
select
    v.version, v.track, v.no_meetings, v.no_activities, v.no_voices, v.nots, encode(v.digest, 'hex') as digest,
    encode(v.rules, 'hex') as rules, a.login as author, v.computed_at as computed_us
from three_no_case as c
join case_version as v on v.town_id = c.town_id and v.case_id = c.case_id and v.version <= newest_version(:caller, c)
join account as a on a.town_id = v.town_id and a.account_id = v.author_id
where c.town_id = (:caller).town_id and c.case_id = (select case_found(:caller, :case_id, :code))
order by v.version

-- fills: decisions
select
    d.decision_no, d.version, d.decided_on, d.outcome, d.confirmed, m.code as meeting_code, d.in_favour, d.against,
    d.abstained, d.note, a.login as author
from three_no_case as c
join case_decision as d on d.town_id = c.town_id and d.case_id = c.case_id and d.version <= newest_version(:caller, c)
join account as a on a.town_id = d.town_id and a.account_id = d.author_id
left join meeting as m on m.town_id = d.town_id and m.meeting_id = d.meeting_id
where c.town_id = (:caller).town_id and c.case_id = (select case_found(:caller, :case_id, :code))
order by d.decision_no

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from three_no_case as c
cross join lateral steps(c.case_id) as s
where
    c.town_id = (:caller).town_id and c.case_id = (select case_found(:caller, :case_id, :code))
    and (s.facts::jsonb ->> 'version')::int <= newest_version(:caller, c)
order by s.step_no
