-- One deputy's card of one year: what the records say now, what was said of it, and what was signed.
-- by: deputy clerk leader office chair auditor
-- effect: none
-- fills: card
select
    (f.mandate).mandate_id, b.code, b.year, b.person_code, b.person_name, b.gender, b.born_on, b.occupation, b.level,
    b.group_code, b.group_name, b.constituency, b.days_in_office, b.shared_codes, s.state, s.state_since_on, s.version,
    s.digest, s.signed_by, s.signed_on, s.early, s.stale, card_actions(:caller, f.mandate, s.state, s.stale) as actions
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_basics(f.mandate, f.year) as b
cross join lateral card_texts(f.year, array[(f.mandate).mandate_id]) as t
cross join lateral card_standing(f.mandate, f.year, t.text) as s

-- fills: totals
select x.*
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_texts(f.year, array[(f.mandate).mandate_id]) as t
cross join lateral jsonb_to_record(t.text::jsonb -> 'totals') as x (
    meetings_attended int, meetings_excused int, meetings_unexcused int, activities_attended int,
    activities_excused int, activities_unexcused int, trainings_attended int, trainings_excused int,
    trainings_unexcused int, feedback int, suggestions_led int, suggestions_cosigned int, deeds_verified int,
    deeds_unverified int, households int, household_members int, appraisals int, awards int, award_yuan bigint,
    fund_yuan bigint
)

-- fills: terms
select x.code, x.level, x."group", x.constituency, x.starts_on, x.ends_on, x.end_reason
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_items(f.mandate, f.year, 'terms') as i
cross join lateral jsonb_to_record(i.item) as x (
    code text, level text, "group" text, constituency text, starts_on date, ends_on date, end_reason text
)

-- fills: suspensions
select x.code, x.starts_on, x.ends_on, x.reason
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_items(f.mandate, f.year, 'suspensions') as i
cross join lateral jsonb_to_record(i.item) as x (code text, starts_on date, ends_on date, reason text)

-- fills: meetings
select x.code, x.kind, x.title, x.held_on, x."group", x.status, x.rule
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_items(f.mandate, f.year, 'meetings') as i
cross join lateral jsonb_to_record(i.item) as x (
    code text, kind text, title text, held_on date, "group" text, status text, rule text
)

-- fills: activities
select x.code, x.kind, x.title, x.held_on, x."group", x.status, x.rule
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_items(f.mandate, f.year, 'activities') as i
cross join lateral jsonb_to_record(i.item) as x (
    code text, kind text, title text, held_on date, "group" text, status text, rule text
)

-- fills: trainings
select x.code, x.kind, x.title, x.held_on, x."group", x.status, x.rule
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_items(f.mandate, f.year, 'trainings') as i
cross join lateral jsonb_to_record(i.item) as x (
    code text, kind text, title text, held_on date, "group" text, status text, rule text
)

-- fills: feedback
select x.code, x.received_on, x.topic, x.state, x.unit, x.reply_class, x.rating
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_items(f.mandate, f.year, 'feedback') as i
cross join lateral jsonb_to_record(i.item) as x (
    code text, received_on date, topic text, state text, unit text, reply_class text, rating text
)

-- fills: suggestions
select x.code, x.kind, x.title, x.submitted_on, x.role, x.state, x.unit, x.result, x.rating
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_items(f.mandate, f.year, 'suggestions') as i
cross join lateral jsonb_to_record(i.item) as x (
    code text, kind text, title text, submitted_on date, role text, state text, unit text, result text, rating text
)

-- fills: deeds
select x.code, x.done_on, x.kind, x.village, x.text, x.value_yuan, x.verified
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_items(f.mandate, f.year, 'deeds') as i
cross join lateral jsonb_to_record(i.item) as x (
    code text, done_on date, kind text, village text, text text, value_yuan bigint, verified boolean
)

-- fills: households
select x.code, x.village, x.members, x.starts_on, x.helpers
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_items(f.mandate, f.year, 'households') as i
cross join lateral jsonb_to_record(i.item) as x (code text, village text, members int, starts_on date, helpers int)

-- fills: appraisals
select
    x.code, x.meeting_code, x.held_on, x.title, x.issued, x.returned, x.invalid, x.excellent, x.competent, x.basic,
    x.incompetent
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_items(f.mandate, f.year, 'appraisals') as i
cross join lateral jsonb_to_record(i.item) as x (
    code text, meeting_code text, held_on date, title text, issued int, returned int, invalid int, excellent int,
    competent int, basic int, incompetent int
)

-- fills: awards
select x.code, x.awarded_on, x.amount_yuan, x.document
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_items(f.mandate, f.year, 'awards') as i
cross join lateral jsonb_to_record(i.item) as x (code text, awarded_on date, amount_yuan bigint, document text)

-- fills: funds
select x.code, x.spent_on, x.amount_yuan, x.note
from card_found(:caller, :mandate_id, :code, :year) as f
cross join lateral card_items(f.mandate, f.year, 'funds') as i
cross join lateral jsonb_to_record(i.item) as x (code text, spent_on date, amount_yuan bigint, note text)

-- fills: versions
select
    v.version, encode(v.digest, 'hex') as digest, v.signed_name as signed_by, v.recorded_at as signed_us,
    v.early, v.note
from card_found(:caller, :mandate_id, :code, :year) as f
join card_version as v
    on (v.town_id, v.mandate_id, v.year) = ((:caller).town_id, (f.mandate).mandate_id, f.year)
order by v.version

-- fills: steps
select
    t.step_no, t.subject, t.action, t.from_state, t.to_state, t.note, t.facts, t.author, t.author_role, t.recorded_us
from card_found(:caller, :mandate_id, :code, :year) as f
join card as c on (c.town_id, c.mandate_id, c.year) = ((:caller).town_id, (f.mandate).mandate_id, f.year)
cross join lateral steps(c.card_id) as t
order by t.step_no
