-- What the centre holds, as the CSV files of rules.md section 3 write it: the right-hand side of an import, the whole
-- of an export. Text throughout, null where a field is empty; voided rows are left out. Every view is the invoker's, or
-- it would show what its owner sees: all towns.

create function lv.csv_day(day date) returns text language sql immutable as $$
    select to_char(day, 'YYYY-MM-DD')
$$;

create view lv.csv_town with (security_invoker = true) as
select to_char(t.town_id, 'FM000000000') as code, t.name, t.term, lv.csv_day(t.term_starts_on) as term_starts_on
from data.town as t;

create view lv.csv_villages with (security_invoker = true) as
select v.code, v.name, v.kind
from data.village as v;

create view lv.csv_units with (security_invoker = true) as
select u.code, u.name
from data.unit as u;

create view lv.csv_groups with (security_invoker = true) as
select g.code, g.name, v.code as village, g.room_address
from data.deputy_group as g
join data.village as v using (town_id, village_id);

create view lv.csv_people with (security_invoker = true) as
select p.code, p.name, p.gender, lv.csv_day(p.born_on) as born_on, p.phone, p.occupation
from data.person as p;

create view lv.csv_mandates with (security_invoker = true) as
select
    m.code, p.code as person, m.level, g.code as "group", lv.csv_day(m.starts_on) as starts_on,
    lv.csv_day(m.ends_on) as ends_on, m.end_reason, m.constituency
from data.mandate as m
join data.person as p using (town_id, person_id)
join data.deputy_group as g using (town_id, group_id)
where m.void_reason is null;

create view lv.csv_suspensions with (security_invoker = true) as
select m.code as mandate, lv.csv_day(s.starts_on) as starts_on, lv.csv_day(s.ends_on) as ends_on, s.reason
from data.suspension as s
join data.mandate as m using (town_id, mandate_id)
where s.void_reason is null and m.void_reason is null;

create view lv.csv_roles with (security_invoker = true) as
select
    p.code as person, r.role, g.code as "group", lv.csv_day(r.starts_on) as starts_on,
    lv.csv_day(r.ends_on) as ends_on
from data.post as r
join data.person as p using (town_id, person_id)
left join data.deputy_group as g using (town_id, group_id)
where r.void_reason is null;

create view lv.csv_meetings with (security_invoker = true) as
select
    m.code, m.kind, m.title, g.code as "group", u.code as unit, lv.csv_day(m.held_on) as held_on, m.place, m.state,
    m.minutes
from data.meeting as m
left join data.deputy_group as g using (town_id, group_id)
left join data.unit as u using (town_id, unit_id);

create view lv.csv_attendance with (security_invoker = true) as
select m.code as meeting, p.code as person, l.notice, lv.csv_day(l.notified_on) as notified_on, a.mark
from data.roll_line as l
join data.meeting as m using (town_id, meeting_id)
join data.person as p using (town_id, person_id)
left join lv.present_mark as a using (town_id, meeting_id, person_id);

create view lv.csv_leaves with (security_invoker = true) as
select
    m.code as meeting, p.code as person, lv.csv_day(l.asked_on) as asked_on, l.ground, l.decision,
    lv.csv_day(l.decided_on) as decided_on
from data.leave as l
join data.meeting as m using (town_id, meeting_id)
join data.person as p using (town_id, person_id)
where l.void_reason is null;

create view lv.csv_feedback with (security_invoker = true) as
select
    f.code, g.code as "group", p.code as deputy, lv.csv_day(f.received_on) as received_on, f.topic, f.text,
    i.resident_name, i.resident_phone, f.state, u.code as unit, lv.csv_day(f.assigned_on) as assigned_on,
    lv.csv_day(f.due_on) as due_on, lv.csv_day(f.replied_on) as replied_on, f.rating,
    lv.csv_day(f.closed_on) as closed_on
from data.feedback as f
join data.deputy_group as g using (town_id, group_id)
join data.person as p on (p.town_id, p.person_id) = (f.town_id, f.deputy_id)
left join data.unit as u on (u.town_id, u.unit_id) = (f.town_id, f.unit_id)
left join data.feedback_identity as i on (i.town_id, i.feedback_id) = (f.town_id, f.feedback_id);

create view lv.csv_suggestions with (security_invoker = true) as
select
    s.code, s.kind, s.title, m.code as origin_meeting, b.proposers, lv.csv_day(s.submitted_on) as submitted_on,
    u.code as unit, s.state, lv.csv_day(s.assigned_on) as assigned_on, lv.csv_day(s.due_on) as due_on,
    lv.csv_day(s.extended_to) as extended_to, lv.csv_day(s.replied_on) as replied_on, s.result, s.rating,
    lv.csv_day(s.closed_on) as closed_on, s.plan
from data.suggestion as s
left join data.meeting as m on (m.town_id, m.meeting_id) = (s.town_id, s.origin_meeting_id)
left join data.unit as u on (u.town_id, u.unit_id) = (s.town_id, s.unit_id)
left join (
    select b.town_id, b.suggestion_id, string_agg(p.code, ' ' order by b.position) as proposers
    from data.suggestion_proposer as b
    join data.person as p using (town_id, person_id)
    group by b.town_id, b.suggestion_id
) as b on (b.town_id, b.suggestion_id) = (s.town_id, s.suggestion_id);

create view lv.csv_deeds with (security_invoker = true) as
select
    d.code, p.code as person, lv.csv_day(d.done_on) as done_on, d.kind, v.code as village, d.text,
    d.value_yuan::text as value_yuan, d.witness, case when d.verified then 'yes' else 'no' end as verified
from data.deed as d
join data.person as p using (town_id, person_id)
left join data.village as v using (town_id, village_id)
where d.void_reason is null;

create view lv.csv_households with (security_invoker = true) as
select
    h.code, v.code as village, h.head, h.members::text as members, b.helpers, lv.csv_day(h.starts_on) as starts_on
from data.household as h
join data.village as v using (town_id, village_id)
left join (
    select b.town_id, b.household_id, string_agg(p.code, ' ' order by b.position, p.code) as helpers
    from data.household_helper as b
    join data.person as p using (town_id, person_id)
    group by b.town_id, b.household_id
) as b on (b.town_id, b.household_id) = (h.town_id, h.household_id)
where h.void_reason is null;

create view lv.csv_funds with (security_invoker = true) as
select
    f.code, lv.csv_day(f.spent_on) as "on", f.kind, p.code as person, g.code as "group",
    f.amount_yuan::text as amount_yuan, f.note
from data.fund as f
left join data.person as p using (town_id, person_id)
left join data.deputy_group as g on (g.town_id, g.group_id) = (f.town_id, f.group_id)
where f.void_reason is null;

create view lv.csv_appraisals with (security_invoker = true) as
select
    a.code, m.code as meeting, a.category, coalesce(a.subject, p.code, u.code) as subject, a.issued::text as issued,
    a.returned::text as returned, a.invalid::text as invalid, a.excellent::text as excellent,
    a.competent::text as competent, a.basic::text as basic, a.incompetent::text as incompetent
from data.appraisal as a
join data.meeting as m using (town_id, meeting_id)
left join data.person as p on (p.town_id, p.person_id) = (a.town_id, a.person_id)
left join data.unit as u on (u.town_id, u.unit_id) = (a.town_id, a.unit_id)
where a.void_reason is null;

create view lv.csv_awards with (security_invoker = true) as
select
    a.code, lv.csv_day(a.awarded_on) as "on", a.kind, coalesce(g.code, p.code) as recipient,
    a.amount_yuan::text as amount_yuan, a.document
from data.award as a
left join data.deputy_group as g using (town_id, group_id)
left join data.person as p on (p.town_id, p.person_id) = (a.town_id, a.person_id)
where a.void_reason is null;

-- All of them in one shape. A key of several columns is their values in order, parted by spaces.
create view lv.csv_row with (security_invoker = true) as
select 'town' as file, v.code as key, to_jsonb(v) as cells from lv.csv_town as v
union all select 'villages', v.code, to_jsonb(v) from lv.csv_villages as v
union all select 'units', v.code, to_jsonb(v) from lv.csv_units as v
union all select 'groups', v.code, to_jsonb(v) from lv.csv_groups as v
union all select 'people', v.code, to_jsonb(v) from lv.csv_people as v
union all select 'mandates', v.code, to_jsonb(v) from lv.csv_mandates as v
union all select 'suspensions', v.mandate || ' ' || v.starts_on, to_jsonb(v) from lv.csv_suspensions as v
union all select 'roles', v.person || ' ' || v.role || ' ' || v.starts_on, to_jsonb(v) from lv.csv_roles as v
union all select 'meetings', v.code, to_jsonb(v) from lv.csv_meetings as v
union all select 'attendance', v.meeting || ' ' || v.person, to_jsonb(v) from lv.csv_attendance as v
union all select 'leaves', v.meeting || ' ' || v.person, to_jsonb(v) from lv.csv_leaves as v
union all select 'feedback', v.code, to_jsonb(v) from lv.csv_feedback as v
union all select 'suggestions', v.code, to_jsonb(v) from lv.csv_suggestions as v
union all select 'deeds', v.code, to_jsonb(v) from lv.csv_deeds as v
union all select 'households', v.code, to_jsonb(v) from lv.csv_households as v
union all select 'funds', v.code, to_jsonb(v) from lv.csv_funds as v
union all select 'appraisals', v.code, to_jsonb(v) from lv.csv_appraisals as v
union all select 'awards', v.code, to_jsonb(v) from lv.csv_awards as v;

-- Keys that only a voided record holds: they stay used up.
create view lv.csv_voided with (security_invoker = true) as
select 'mandates' as file, m.code as key, m.void_reason from data.mandate as m where m.void_reason is not null
union all
select 'suspensions', m.code || ' ' || lv.csv_day(s.starts_on), s.void_reason
from data.suspension as s
join data.mandate as m using (town_id, mandate_id)
where s.void_reason is not null
union all
select 'roles', p.code || ' ' || r.role || ' ' || lv.csv_day(r.starts_on), r.void_reason
from data.post as r
join data.person as p using (town_id, person_id)
where r.void_reason is not null
union all
select 'leaves', m.code || ' ' || p.code, l.void_reason
from data.leave as l
join data.meeting as m using (town_id, meeting_id)
join data.person as p using (town_id, person_id)
where l.void_reason is not null
union all select 'deeds', d.code, d.void_reason from data.deed as d where d.void_reason is not null
union all select 'households', h.code, h.void_reason from data.household as h where h.void_reason is not null
union all select 'funds', f.code, f.void_reason from data.fund as f where f.void_reason is not null
union all select 'appraisals', a.code, a.void_reason from data.appraisal as a where a.void_reason is not null
union all select 'awards', a.code, a.void_reason from data.award as a where a.void_reason is not null;
