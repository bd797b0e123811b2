-- The three nots (三不), rules.md section 1: what each line of a roll comes to, what it adds up to over a period, and the
-- levels. Everything is of the current town; both ends of a period are in it.
--
-- PL/pgSQL where only a query stands: the planner cannot look inside, so it joins by the declared number of rows and
-- not by the guess of one that tables just imported and not yet analysed give (nested loops over whole rolls).

-- A person's mandates that have begun and have not ended, suspended or not.
create function lv.mandates_in_force(person uuid, day date) returns setof data.mandate language sql stable as $$
    select m.*
    from data.mandate as m
    where
        m.town_id = lv.town_id() and m.person_id = person and m.void_reason is null
        and m.starts_on <= day and coalesce(day < m.ends_on, true)
$$;

-- The days on which each mandate puts its holder in office: in force, less its suspensions (Deputies Law art. 61).
create view lv.mandate_days with (security_invoker = true) as
select
    m.town_id, m.mandate_id, m.person_id,
    datemultirange(daterange(m.starts_on, m.ends_on)) - coalesce(
        (
            select range_agg(daterange(s.starts_on, s.ends_on, '[]'))
            from data.suspension as s
            where
                s.town_id = m.town_id and s.mandate_id = m.mandate_id and s.void_reason is null
                and coalesce(s.starts_on <= s.ends_on, true)
        ),
        '{}'
    ) as days
from data.mandate as m
where m.void_reason is null and coalesce(m.starts_on < m.ends_on, true);

-- Everyone who ever was in office, and on which days: through any of their mandates.
create function lv.offices() returns table (person_id uuid, days datemultirange)
language plpgsql stable rows 1000 as $$
declare
    town int := lv.town_id();
begin
    return query
    select m.person_id, range_agg(m.days)
    from lv.mandate_days as m
    where m.town_id = town
    group by m.person_id;
end
$$;

-- The mark of each line of a roll that has one: of the highest revision, and of two rooms' at once the later one.
create view lv.present_mark with (security_invoker = true) as
select distinct on (a.town_id, a.meeting_id, a.person_id)
    a.town_id, a.meeting_id, a.person_id, a.revision, a.recorded_at, a.op_id, a.corrects_id, a.mark::text, a.note,
    a.author_id, a.device_id
from data.attendance_mark as a
order by a.town_id, a.meeting_id, a.person_id, a.revision desc, a.recorded_at desc, a.op_id desc;

-- What is on record of the rolls of everything held on those days: three sets, each read meeting by meeting.
create function lv.rolls(from_on date, to_on date)
returns table (
    meeting_id uuid, kind text, held_on date, counted boolean, person_id uuid, notice text, notified_on date
)
language plpgsql stable rows 10000 as $$
declare
    town int := lv.town_id();
begin
    return query
    select
        m.meeting_id, m.kind, m.held_on, m.state in ('closed', 'approved', 'locked'),
        r.person_id, r.notice, r.notified_on
    from data.meeting as m
    join data.roll_line as r on r.town_id = town and r.meeting_id = m.meeting_id
    where m.town_id = town and m.held_on between from_on and to_on;
end
$$;

create function lv.marks(from_on date, to_on date) returns table (meeting_id uuid, person_id uuid, mark text)
language plpgsql stable rows 10000 as $$
declare
    town int := lv.town_id();
begin
    return query
    select m.meeting_id, a.person_id, a.mark
    from data.meeting as m
    -- offset: so that the view is read for this meeting and not for the town
    cross join lateral (
        select p.person_id, p.mark
        from lv.present_mark as p
        where p.town_id = town and p.meeting_id = m.meeting_id
        offset 0
    ) as a
    where m.town_id = town and m.held_on between from_on and to_on;
end
$$;

create function lv.leaves(from_on date, to_on date)
returns table (meeting_id uuid, person_id uuid, asked_on date, decision text, decided_on date)
language plpgsql stable rows 1000 as $$
declare
    town int := lv.town_id();
begin
    return query
    select l.meeting_id, l.person_id, l.asked_on, l.decision, l.decided_on
    from data.meeting as m
    join data.leave as l on l.town_id = town and l.meeting_id = m.meeting_id
    where m.town_id = town and m.held_on between from_on and to_on and l.void_reason is null;
end
$$;

-- What each line of these rolls comes to, and the rule that says so: the first that fits.
create function lv.roll_lines(from_on date, to_on date)
returns table (
    meeting_id uuid, kind text, held_on date, counted boolean, person_id uuid, notice text, notified_on date,
    mark text, asked_on date, decision text, decided_on date, status text, rule text
)
language plpgsql stable rows 10000 as $$
declare
    s lv.default_settings := lv.settings(to_on);
begin
    return query
    with line as materialized (
        select
            r.*, a.mark, l.asked_on, l.decision, l.decided_on,
            o.days @> r.held_on as in_office,
            a.mark in ('present', 'late', 'left_early') as attended,
            r.held_on - case r.kind
                when 'congress_session' then s.notice_days_congress
                else s.notice_days_other
            end as notify_by,
            r.held_on - case r.kind
                when 'congress_session' then s.leave_days_congress
                when 'group_meeting' then s.leave_days_group
                when 'voter_reception' then s.leave_days_group
                else s.leave_days_other
            end as ask_by,
            r.held_on + s.leave_retro_days as ask_retro_by
        from lv.rolls(from_on, to_on) as r
        left join lv.marks(from_on, to_on) as a on a.meeting_id = r.meeting_id and a.person_id = r.person_id
        left join lv.leaves(from_on, to_on) as l on l.meeting_id = r.meeting_id and l.person_id = r.person_id
        left join lv.offices() as o on o.person_id = r.person_id
    ),
    -- materialized: else the case is computed again wherever its result is named
    ruled as materialized (
        select
            l.*,
            case
                when l.in_office is not true then 'not_in_office'
                when l.attended then 'attended'
                when l.mark is null then 'no_mark'
                when l.notice = 'none' then 'no_notice'
                when l.notified_on > l.notify_by then 'notice_late'
                when (l.person_id, l.held_on) in (
                    select o.person_id, o.held_on from line as o where o.attended and o.counted
                ) then 'attended_elsewhere'
                when l.asked_on <= l.ask_by and l.decision = 'refused' and l.decided_on < l.held_on then 'leave_refused'
                when l.asked_on <= l.ask_by then 'leave_in_time'
                when l.asked_on <= l.ask_retro_by and l.decision = 'approved' then 'leave_retroactive'
                when l.asked_on is not null then 'leave_not_granted'
                else 'no_leave'
            end as rule
        from line as l
    )
    select
        u.meeting_id, u.kind, u.held_on, u.counted, u.person_id, u.notice, u.notified_on,
        u.mark, u.asked_on, u.decision, u.decided_on,
        case
            when u.rule in ('not_in_office', 'no_notice', 'notice_late', 'attended_elsewhere') then 'not_liable'
            when u.rule = 'attended' then u.mark
            when u.rule = 'no_mark' then 'unknown'
            when u.rule in ('leave_in_time', 'leave_retroactive') then 'excused'
            else 'unexcused'
        end,
        u.rule
    from ruled as u;
end
$$;

-- Feedback carried and suggestions proposed. Merged feedback counts, withdrawn and void records do not.
create function lv.voices(from_on date, to_on date) returns table (person_id uuid, what text, code text, day_on date)
language sql stable as $$
    select f.deputy_id, 'feedback', f.code, f.received_on
    from data.feedback as f
    where
        f.town_id = lv.town_id() and f.received_on between from_on and to_on
        and f.state not in ('withdrawn', 'void')
    union all
    select
        p.person_id, case p.position when 1 then 'suggestion_first' else 'suggestion_cosigned' end, s.code,
        s.submitted_on
    from data.suggestion as s
    join data.suggestion_proposer as p on p.town_id = s.town_id and p.suggestion_id = s.suggestion_id
    where
        s.town_id = lv.town_id() and s.submitted_on between from_on and to_on
        and s.state not in ('withdrawn', 'void')
$$;

-- The measures of everyone in office on at least one day of the period.
create function lv.measures(from_on date, to_on date)
returns table (
    person_id uuid, days_in_office int, meetings_attended int, meetings_unexcused int, congress_sessions_unexcused int,
    activities_attended int, activities_unexcused int, voices_relayed int, voter_contacts int
)
language plpgsql stable rows 1000 as $$
begin
    return query
    -- One row for each thing that counts, then one sum a person.
    with event as (
        select o.person_id, 'day' as what, d.days
        from lv.offices() as o
        cross join lateral (
            select sum(upper(r) - lower(r))::int as days
            from unnest(o.days * datemultirange(daterange(from_on, to_on, '[]'))) as r
        ) as d
        union all
        select l.person_id, k.class || case when l.status = 'unexcused' then '_unexcused' else '_attended' end, 1
        from lv.roll_lines(from_on, to_on) as l
        cross join lateral (
            select case
                when l.kind = 'congress_session' then 'congress'
                when l.kind in ('presidium_meeting', 'group_meeting') then 'meeting'
                when l.kind = 'voter_reception' then 'reception'
                else 'activity'
            end as class
        ) as k
        where l.counted and l.status in ('present', 'late', 'left_early', 'unexcused')
        union all
        select v.person_id, v.what, 1 from lv.voices(from_on, to_on) as v
    )
    select
        e.person_id,
        sum(e.days) filter (where e.what = 'day')::int,
        count(*) filter (where e.what in ('meeting_attended', 'congress_attended'))::int,
        count(*) filter (where e.what in ('meeting_unexcused', 'congress_unexcused'))::int,
        count(*) filter (where e.what = 'congress_unexcused')::int,
        count(*) filter (where e.what in ('activity_attended', 'reception_attended'))::int,
        count(*) filter (where e.what in ('activity_unexcused', 'reception_unexcused'))::int,
        count(*) filter (where e.what in ('feedback', 'suggestion_first'))::int,
        count(*) filter (where e.what in ('reception_attended', 'suggestion_cosigned'))::int
    from event as e
    group by e.person_id
    having sum(e.days) filter (where e.what = 'day') > 0;
end
$$;

-- A rule that gives a level is named as the setting that holds its threshold; the name's last figure is the level.
create function lv.level(rule text) returns int language sql immutable as $$
    select case rule when 'none' then 0 else right(rule, 1)::int end
$$;

-- Observed, that is with too few days in office, nobody has a level above 1.
create function lv.capped(rule text, observed boolean) returns text language sql immutable as $$
    select case when observed and lv.level(rule) > 1 then 'observation_days_1' else rule end
$$;

-- The measures, and the levels: for each of the three, the highest rule that fits.
create function lv.three_no(from_on date, to_on date)
returns table (
    person_id uuid, code text, name text,
    days_in_office int, meetings_attended int, meetings_unexcused int, congress_sessions_unexcused int,
    activities_attended int, activities_unexcused int, voices_relayed int, voter_contacts int,
    no_meetings int, no_meetings_rule text, no_activities int, no_activities_rule text,
    no_voices int, no_voices_rule text, nots int
)
language plpgsql stable rows 1000 as $$
#variable_conflict use_column
declare
    town int := lv.town_id();
    s lv.default_settings := lv.settings(to_on);
    period_days int := to_on - from_on + 1;
begin
    perform lv.demand(from_on <= to_on, 'invalid', 'period_invalid', 'from', from_on::text, 'to', to_on::text);
    return query
    with fitted as materialized (
        select
            m.*,
            m.days_in_office < s.observation_days_1 as observed,
            case
                when m.meetings_unexcused >= s.meetings_unexcused_3 then 'meetings_unexcused_3'
                when m.congress_sessions_unexcused >= s.congress_unexcused_3 then 'congress_unexcused_3'
                when c.counted >= s.meetings_counted and 100 * m.meetings_attended < s.meetings_rate_3 * c.counted
                    then 'meetings_rate_3'
                when m.meetings_unexcused >= s.meetings_unexcused_2 then 'meetings_unexcused_2'
                when m.congress_sessions_unexcused >= s.congress_unexcused_2 then 'congress_unexcused_2'
                when c.counted >= s.meetings_counted and 100 * m.meetings_attended < s.meetings_rate_2 * c.counted
                    then 'meetings_rate_2'
                when m.meetings_unexcused >= s.meetings_unexcused_1 then 'meetings_unexcused_1'
                else 'none'
            end as meetings_rule,
            case
                when m.activities_unexcused >= s.activities_unexcused_3 then 'activities_unexcused_3'
                when m.activities_attended = 0 and m.activities_unexcused >= s.activities_none_attended_3
                    then 'activities_none_attended_3'
                when m.activities_unexcused >= s.activities_unexcused_2 then 'activities_unexcused_2'
                when m.activities_unexcused >= s.activities_unexcused_1 then 'activities_unexcused_1'
                else 'none'
            end as activities_rule,
            case
                when m.voices_relayed > 0 then 'none'
                when
                    m.voter_contacts < s.voter_contacts_3
                    and m.days_in_office = period_days and period_days >= s.voices_days_3
                    then 'voter_contacts_3'
                when m.voter_contacts < s.voter_contacts_2 and m.days_in_office >= s.voices_days_2
                    then 'voter_contacts_2'
                when m.days_in_office >= s.voices_days_1 then 'voices_days_1'
                else 'none'
            end as voices_rule
        from lv.measures(from_on, to_on) as m
        cross join lateral (select m.meetings_attended + m.meetings_unexcused as counted) as c
    ),
    found as (
        select
            f.*,
            lv.capped(f.meetings_rule, f.observed) as no_meetings_rule,
            lv.capped(f.activities_rule, f.observed) as no_activities_rule,
            lv.capped(f.voices_rule, f.observed) as no_voices_rule
        from fitted as f
    ),
    levelled as (
        select
            f.*,
            lv.level(f.no_meetings_rule) as no_meetings,
            lv.level(f.no_activities_rule) as no_activities,
            lv.level(f.no_voices_rule) as no_voices
        from found as f
    )
    select
        l.person_id, p.code, p.name,
        l.days_in_office, l.meetings_attended, l.meetings_unexcused, l.congress_sessions_unexcused,
        l.activities_attended, l.activities_unexcused, l.voices_relayed, l.voter_contacts,
        l.no_meetings, l.no_meetings_rule, l.no_activities, l.no_activities_rule, l.no_voices, l.no_voices_rule,
        (l.no_meetings = 3)::int + (l.no_activities = 3)::int + (l.no_voices = 3)::int
    from levelled as l
    join data.person as p on p.town_id = town and p.person_id = l.person_id;
end
$$;

-- The activities that a group itself held in the period. Of one that held fewer than `group_activities` in a year its
-- members are not to blame: the group gets a finding of its own (rules.md section 1, end).
create function lv.group_activities(of_group uuid, from_on date, to_on date) returns setof data.meeting
language plpgsql stable rows 10 as $$
begin
    return query
    select m.*
    from data.meeting as m
    where
        m.town_id = lv.town_id() and m.group_id = of_group and m.held_on between from_on and to_on
        and m.kind not in ('congress_session', 'presidium_meeting', 'group_meeting')
        and m.state in ('closed', 'approved', 'locked');
end
$$;

-- Whose evaluation a caller sees: leaders their group's, those with a mandate in it on some day of the period; deputies
-- their own.
create function lv.people_seen(who data.caller, from_on date, to_on date) returns table (person_id uuid)
language sql stable as $$
    select p.person_id
    from data.person as p
    where
        p.town_id = lv.town_id()
        and case
            when (who).role in ('office', 'chair', 'auditor') then true
            when (who).role = 'deputy' then p.person_id = (who).person_id
            when (who).role = 'leader' then p.person_id in (
                select m.person_id
                from data.mandate as m
                where
                    m.town_id = lv.town_id() and m.group_id = (who).group_id and m.void_reason is null
                    and m.starts_on <= to_on and coalesce(m.ends_on > greatest(m.starts_on, from_on), true)
            )
            else false
        end
$$;

-- The person of this code, or a refusal.
create function lv.person_seen(who data.caller, person_code text, from_on date, to_on date) returns uuid
language plpgsql stable as $$
declare
    found uuid := (select p.person_id from data.person as p where p.town_id = lv.town_id() and p.code = person_code);
begin
    perform lv.demand(found is not null, 'not_found', 'person_unknown', 'person', person_code);
    perform lv.demand(
        found in (select s.person_id from lv.people_seen(who, from_on, to_on) as s),
        'forbidden', 'not_your_person', 'person', person_code
    );
    return found;
end
$$;
