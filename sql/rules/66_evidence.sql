-- What a case rests on, as one text that comes out the same, byte for byte, from the same records (domain.md E1.6): no
-- clock, no session's zone or date style, no database's collation has a say in it. jsonb gives keys their order and
-- every value its one form; lists are sorted by day and code; times are written in UTC.

-- The settings that the three nots use: those of rules.md section 1.
create function lv.settings_used(day date) returns table (key text, value text, holds_from date)
language sql stable as $$
    select s.key, trim_scale(s.value)::text, s.holds_from
    from lv.settings_on(day) as s
    where
        s.key ~ '^(notice_days|leave|meetings|congress|activities|voices|voter_contacts|observation_days)_'
        or s.key in ('nots_for_case', 'group_activities')
    order by s.key collate "C"
$$;

-- What counts for no_voices: voices carried, suggestions signed, and voter receptions attended; nothing of a villager.
create function lv.voter_work(from_on date, to_on date)
returns table (person_id uuid, what text, code text, day_on date)
language sql stable as $$
    select v.person_id, v.what, v.code, v.day_on from lv.voices(from_on, to_on) as v
    union all
    select l.person_id, 'voter_reception', m.code, l.held_on
    from lv.roll_lines(from_on, to_on) as l
    join data.meeting as m on (m.town_id, m.meeting_id) = (lv.town_id(), l.meeting_id)
    where l.kind = 'voter_reception' and l.counted and l.rule = 'attended'
$$;

create function lv.utc(moment timestamptz) returns text language sql immutable as $$
    select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- Was it put in by an import (ImportCommit)? Whoever imports did not record what the files say (rules.md section 3).
create function lv.is_imported(op uuid) returns boolean language sql stable as $$
    select exists (
        select from data.operation as o where (o.town_id, o.op_id) = (lv.town_id(), op) and o.method = 31
    )
$$;

create function lv.login_of(account uuid) returns text language sql stable as $$
    select a.login from data.account as a where (a.town_id, a.account_id) = (lv.town_id(), account)
$$;

-- Who did something: by login and role, when, and on which device.
create function lv.maker(op uuid, author uuid, device uuid, moment timestamptz) returns table (made jsonb)
language sql stable as $$
    select jsonb_build_object(
        'by', a.login, 'role', a.role, 'device', device, 'recorded', lv.utc(moment),
        'imported', nullif(lv.is_imported(op), false)
    )
    from data.account as a
    where (a.town_id, a.account_id) = (lv.town_id(), author)
$$;

-- Every proof of notice of one line of a roll, every mark, and its leave, each with its maker. (A set of one row, and
-- so part of the query that asks.)
create function lv.line_history(meeting uuid, person uuid) returns table (history jsonb) language sql stable as $$
    select jsonb_build_object(
        'proofs', (
            select jsonb_agg(
                jsonb_build_object('notice', p.notice, 'notified_on', p.notified_on) || k.made
                order by p.recorded_at, p.op_id
            )
            from data.notice_proof as p
            cross join lateral lv.maker(p.op_id, p.author_id, p.device_id, p.recorded_at) as k
            where (p.town_id, p.meeting_id, p.person_id) = (lv.town_id(), meeting, person)
        ),
        'marks', (
            select jsonb_agg(
                jsonb_build_object('revision', a.revision, 'mark', a.mark, 'note', nullif(a.note, '')) || k.made
                order by a.revision, a.recorded_at, a.op_id
            )
            from data.attendance_mark as a
            cross join lateral lv.maker(a.op_id, a.author_id, a.device_id, a.recorded_at) as k
            where (a.town_id, a.meeting_id, a.person_id) = (lv.town_id(), meeting, person)
        ),
        'leave', (
            select jsonb_build_object(
                'asked_on', l.asked_on, 'ground', l.ground, 'asked_by', lv.login_of(l.asked_by),
                'decision', l.decision, 'decided_on', l.decided_on, 'decided_by', lv.login_of(l.decided_by),
                'decision_note', nullif(l.decision_note, '')
            )
            from data.leave as l
            where (l.town_id, l.meeting_id, l.person_id) = (lv.town_id(), meeting, person) and l.void_reason is null
        )
    )
$$;

-- The person's mandates with a day of the period, and their suspensions, as far as the period goes: what comes after it
-- changes nothing of it.
create function lv.mandate_evidence(person uuid, from_on date, to_on date) returns jsonb language sql stable as $$
    select jsonb_agg(
        jsonb_build_object(
            'code', m.code, 'level', m.level, 'group', g.code, 'starts_on', m.starts_on,
            'ends_on', case when m.ends_on <= to_on then m.ends_on end,
            'end_reason', case when m.ends_on <= to_on then m.end_reason end,
            'suspensions', (
                select jsonb_agg(
                    jsonb_build_object(
                        'starts_on', s.starts_on, 'ends_on', case when s.ends_on <= to_on then s.ends_on end
                    )
                    order by s.starts_on
                )
                from data.suspension as s
                where
                    (s.town_id, s.mandate_id) = (m.town_id, m.mandate_id) and s.void_reason is null
                    and s.starts_on <= to_on and coalesce(s.ends_on >= from_on, true)
            )
        )
        order by m.code collate "C"
    )
    from data.mandate as m
    join data.deputy_group as g on (g.town_id, g.group_id) = (m.town_id, m.group_id)
    where
        (m.town_id, m.person_id) = (lv.town_id(), person) and m.void_reason is null
        and m.starts_on <= to_on and coalesce(m.ends_on > greatest(m.starts_on, from_on), true)
$$;

-- The group of the person's latest mandate in the period, the town's before the county's: whose leader knows them.
create function lv.group_of(person uuid, from_on date, to_on date) returns uuid language sql stable as $$
    select m.group_id
    from data.mandate as m
    where
        (m.town_id, m.person_id) = (lv.town_id(), person) and m.void_reason is null
        and m.starts_on <= to_on and coalesce(m.ends_on > greatest(m.starts_on, from_on), true)
    order by least(coalesce(m.ends_on, to_on), to_on) desc, m.level = 'town' desc, m.level, m.code collate "C"
    limit 1
$$;

-- What the person's groups held, year by year. A group that held too few in a whole year is named: its members are not
-- to blame (rules.md section 1, end).
create function lv.group_evidence(person uuid, from_on date, to_on date, enough int) returns jsonb
language sql stable as $$
    select jsonb_agg(
        jsonb_build_object(
            'group', g.code, 'from_on', y.first_on, 'to_on', y.last_on, 'activities', h.held,
            'finding', case when y.whole and h.held < enough then 'too_few_activities' end
        )
        order by g.code collate "C", y.first_on
    )
    from (
        select distinct m.group_id
        from data.mandate as m
        where
            (m.town_id, m.person_id) = (lv.town_id(), person) and m.void_reason is null
            and m.starts_on <= to_on and coalesce(m.ends_on > greatest(m.starts_on, from_on), true)
    ) as o
    join data.deputy_group as g on (g.town_id, g.group_id) = (lv.town_id(), o.group_id)
    cross join lateral (
        select
            greatest(make_date(n, 1, 1), from_on) as first_on, least(make_date(n, 12, 31), to_on) as last_on,
            make_date(n, 1, 1) >= from_on and make_date(n, 12, 31) <= to_on as whole
        from generate_series(extract(year from from_on)::int, extract(year from to_on)::int) as n
    ) as y
    cross join lateral (
        select count(*)::int as held from lv.group_activities(g.group_id, y.first_on, y.last_on)
    ) as h
$$;

-- What a case of these figures comes to: a reminder, the chair's talk, the presidium's decision. The town says how many
-- nots are put up as a case (rules.md section 1).
create function lv.case_track(nots int, highest int, nots_for_case int) returns text language sql immutable as $$
    select case
        when nots >= nots_for_case then 'decide'
        when highest >= 2 then 'talk'
        when highest = 1 then 'remind'
        else 'none'
    end
$$;

create type lv.evidence as (
    person_id uuid,
    group_id uuid, -- whose leader checks it
    no_meetings int,
    no_activities int,
    no_voices int,
    nots int,
    track text,
    pack text,
    digest bytea
);

-- The evidence of these people's figures over a period; of all who have a level or a case of it, where nobody is named.
-- Whoever was not in office on any day of it has no level.
create function lv.evidence_of(of_from date, of_to date, people uuid[]) returns setof lv.evidence
language plpgsql stable rows 100 as $$
#variable_conflict use_column
declare
    town int := lv.town_id();
    s lv.default_settings := lv.settings(of_to);
    settings jsonb := (
        select jsonb_agg(
            jsonb_build_object('key', u.key, 'value', u.value, 'holds_from', u.holds_from) order by u.key collate "C"
        )
        from lv.settings_used(of_to) as u
    );
begin
    return query
    with figure as materialized (
        select t.* from lv.three_no(of_from, of_to) as t
    ),
    wanted as materialized (
        select unnest(people) as person_id
        union
        select f.person_id
        from figure as f
        where people is null and greatest(f.no_meetings, f.no_activities, f.no_voices) > 0
        union
        select c.person_id
        from data.three_no_case as c
        where people is null and (c.town_id, c.from_on, c.to_on) = (town, of_from, of_to)
    ),
    line as materialized (
        select l.*
        from lv.roll_lines(of_from, of_to) as l
        where l.counted and l.person_id in (select w.person_id from wanted as w)
    ),
    lines as (
        select
            l.person_id,
            jsonb_agg(
                jsonb_build_object(
                    'meeting', m.code, 'kind', m.kind, 'title', m.title, 'group', g.code, 'held_on', m.held_on,
                    'notice', l.notice, 'notified_on', l.notified_on, 'mark', l.mark, 'status', l.status,
                    'rule', l.rule
                ) || h.history
                order by m.held_on, m.code collate "C"
            ) as list
        from line as l
        join data.meeting as m on (m.town_id, m.meeting_id) = (town, l.meeting_id)
        left join data.deputy_group as g on (g.town_id, g.group_id) = (m.town_id, m.group_id)
        cross join lateral lv.line_history(l.meeting_id, l.person_id) as h
        group by l.person_id
    ),
    voices as (
        select
            v.person_id,
            jsonb_agg(
                jsonb_build_object('code', v.code, 'what', v.what, 'day_on', v.day_on)
                order by v.day_on, v.what collate "C", v.code collate "C"
            ) as list
        from lv.voter_work(of_from, of_to) as v
        where v.person_id in (select w.person_id from wanted as w)
        group by v.person_id
    ),
    found as (
        select
            w.person_id,
            coalesce(f.no_meetings, 0) as no_meetings, coalesce(f.no_activities, 0) as no_activities,
            coalesce(f.no_voices, 0) as no_voices, coalesce(f.nots, 0) as nots,
            jsonb_strip_nulls(jsonb_build_object(
                'person', jsonb_build_object('code', p.code, 'name', p.name),
                'period', jsonb_build_object('from_on', of_from, 'to_on', of_to),
                'settings', settings,
                'settings_digest', encode(sha256(convert_to(settings::text, 'UTF8')), 'hex'),
                'mandates', lv.mandate_evidence(w.person_id, of_from, of_to),
                'groups', lv.group_evidence(w.person_id, of_from, of_to, s.group_activities),
                'lines', l.list,
                'voices', v.list,
                'figures', case
                    when f.person_id is not null then jsonb_build_object(
                        'days_in_office', f.days_in_office, 'meetings_attended', f.meetings_attended,
                        'meetings_unexcused', f.meetings_unexcused,
                        'congress_sessions_unexcused', f.congress_sessions_unexcused,
                        'activities_attended', f.activities_attended,
                        'activities_unexcused', f.activities_unexcused, 'voices_relayed', f.voices_relayed,
                        'voter_contacts', f.voter_contacts, 'nots', f.nots
                    )
                end,
                'findings', case
                    when f.person_id is not null then jsonb_build_array(
                        jsonb_build_object(
                            'dimension', 'no_meetings', 'level', f.no_meetings, 'rule', f.no_meetings_rule
                        ),
                        jsonb_build_object(
                            'dimension', 'no_activities', 'level', f.no_activities, 'rule', f.no_activities_rule
                        ),
                        jsonb_build_object('dimension', 'no_voices', 'level', f.no_voices, 'rule', f.no_voices_rule)
                    )
                end
            ))::text as pack
        from wanted as w
        join data.person as p on (p.town_id, p.person_id) = (town, w.person_id)
        left join figure as f on f.person_id = w.person_id
        left join lines as l on l.person_id = w.person_id
        left join voices as v on v.person_id = w.person_id
    )
    select
        f.person_id, lv.group_of(f.person_id, of_from, of_to), f.no_meetings, f.no_activities, f.no_voices, f.nots,
        lv.case_track(f.nots, greatest(f.no_meetings, f.no_activities, f.no_voices), s.nots_for_case), f.pack,
        sha256(convert_to(f.pack, 'UTF8'))
    from found as f;
end
$$;
