-- Score sheets (创先争优考核): lines of points, some counted from the records, some given by the office. For whom the
-- sheet is, the office, the chair and the auditor: there is no public ranking (domain.md E1.7).

-- What a line can count, of whom. Percents are null where nothing was due.
create view lv.score_measure with (security_invoker = true) as
select m.kind, m.measure
from (
    values
    ('excellent_deputy', 'sessions_percent'), -- of congress sessions: attended, of those attended or missed
    ('excellent_deputy', 'presidium_percent'),
    ('excellent_deputy', 'meetings_percent'), -- meetings and activities of every kind
    ('excellent_deputy', 'inquiries'), -- inspections, law checks, research attended
    ('excellent_deputy', 'activities'), -- attended; 0 if one was missed without excuse
    ('excellent_deputy', 'trainings'),
    ('excellent_deputy', 'suggestions'), -- submitted, the person among the proposers
    ('excellent_deputy', 'voices'), -- feedback carried and suggestions led
    ('excellent_deputy', 'deeds'), -- verified
    ('excellent_deputy', 'households'), -- helped on a day of the year
    ('excellent_deputy', 'appraisal_percent'), -- of valid ballots: excellent or competent
    ('advanced_group', 'meetings_percent'), -- its members'
    ('advanced_group', 'held'), -- meetings and activities of the group
    ('advanced_group', 'trainings'), -- of those, trainings
    ('advanced_group', 'voices_percent'), -- members who carried a voice
    ('advanced_group', 'appraised_percent'), -- members who reported and were appraised
    ('advanced_group', 'deeds'),
    ('advanced_group', 'households')
) as m (kind, measure);

-- domain.md B2: the hundred points of Chunfu for a deputy; A3: those of a group's target sheet.
create view lv.default_score_line with (security_invoker = true) as
select d.kind, d.line, d.position, d.label, d.max_points, d.measure, d.target, d.step_points
from (
    values
    ('excellent_deputy', 'sessions', 1, '按时出席人代会', 10, 'sessions_percent', 100::numeric, null::numeric),
    ('excellent_deputy', 'suggestions', 2, '书面建议三件以上，少一件扣五分', 10, 'suggestions', 3, 5),
    ('excellent_deputy', 'speech', 3, '在人代会上发言', 10, null, null, null),
    ('excellent_deputy', 'presidium', 4, '出席主席团会议', 5, 'presidium_percent', 100, null),
    ('excellent_deputy', 'inquiries', 5, '参加视察、检查、调研', 10, 'inquiries', 1, null),
    ('excellent_deputy', 'speaking', 6, '在活动中积极发言', 15, null, null, null),
    ('excellent_deputy', 'notes', 7, '履职记录完整', 5, null, null, null),
    ('excellent_deputy', 'guiding', 8, '带动一至三名群众', 5, null, null, null),
    ('excellent_deputy', 'spending', 9, '活动经费使用规范', 5, null, null, null),
    ('excellent_deputy', 'activities', 10, '参加活动四次以上且没有无故缺席', 10, 'activities', 4, null),
    ('excellent_deputy', 'households', 11, '联系十户群众', 5, 'households', 10, null),
    ('excellent_deputy', 'appraisal', 12, '述职测评优秀、称职票占八成以上', 5, 'appraisal_percent', 80, null),
    ('excellent_deputy', 'deeds', 13, '办一件以上好事实事', 5, 'deeds', 1, null),
    ('advanced_group', 'study', 1, '宣传学习', 30, null, null, null),
    ('advanced_group', 'voices', 2, '走访选民、征集意见、提出建议', 30, 'voices_percent', 100, null),
    ('advanced_group', 'appraised', 3, '组织述职评议', 20, 'appraised_percent', 100, null),
    ('advanced_group', 'attendance', 4, '按时参加会议和活动', 20, 'meetings_percent', 100, null)
) as d (kind, line, position, label, max_points, measure, target, step_points);

-- A year's sheet: for each line the row of the latest year not after it.
create function lv.score_lines(of_kind text, of_year int) returns table (
    line text, "position" int, label text, max_points int, measure text, target numeric, step_points numeric,
    from_year int
) language sql stable as $$
    select l.line, l.position, l.label, l.max_points, l.measure, l.target, l.step_points, l.from_year
    from (
        select distinct on (r.line) r.*
        from (
            select
                s.line, s.position, s.label, s.max_points, s.measure, s.target, s.step_points, s.from_year,
                s.recorded_at, s.op_id
            from data.score_line as s
            where s.town_id = lv.town_id() and s.kind = of_kind and s.from_year <= of_year
            union all
            select
                d.line, d.position, d.label, d.max_points, d.measure, d.target, d.step_points, null, null, null
            from lv.default_score_line as d
            where d.kind = of_kind
        ) as r
        order by r.line, r.from_year desc nulls last, r.recorded_at desc, r.op_id desc
    ) as l
    where l.max_points > 0
$$;

create function lv.set_score_line(
    who data.caller, op data.op, of_kind text, of_line text, of_year int, place int, new_label text, points int,
    new_measure text, new_target int, new_step int
) returns int language plpgsql volatile as $$
declare
    name text := trim(of_line);
begin
    perform lv.demand_value(of_kind is not null, 'award_kind');
    perform lv.demand(name ~ '^[a-z][a-z0-9_-]{0,19}$', 'invalid', 'score_line_name', 'line', of_line);
    perform lv.demand_year(of_year);
    perform lv.demand_value(trim(new_label) <> '', 'label');
    perform lv.demand(points between 0 and 1000, 'invalid', 'bad_points', 'points', points::text, 'max', '1000');
    perform lv.demand(
        new_measure is null or exists (
            select from lv.score_measure as m where (m.kind, m.measure) = (of_kind, new_measure)
        ),
        'invalid', 'measure_of_other', 'score_measure', new_measure, 'award_kind', of_kind
    );
    perform lv.demand(
        case when new_measure is null then new_target is null and new_step is null else new_target > 0 end,
        'invalid', 'score_target', 'line', name
    );
    perform lv.demand(coalesce(new_step > 0, true), 'invalid', 'score_target', 'line', name);
    insert into data.score_line (
        town_id, kind, line, from_year, op_id, position, label, max_points, measure, target, step_points, author_id,
        recorded_at
    )
    values (
        (who).town_id, of_kind, name, of_year, (op).op_id, coalesce(place, 99), trim(new_label), points, new_measure,
        new_target, new_step, (who).account_id, lv.now()
    );
    return (select sum(l.max_points) from lv.score_lines(of_kind, of_year) as l);
end
$$;

-- What the records give.

create function lv.percent(part bigint, whole bigint) returns numeric language sql immutable as $$
    select 100.0 * part / nullif(whole, 0)
$$;

-- Deputies' appraisals: how many of the valid ballots said excellent or competent.
create function lv.score_appraisals(first_on date, last_on date)
returns table (person_id uuid, good bigint, valid bigint) language sql stable as $$
    select a.person_id, sum(a.excellent + a.competent), sum(a.returned - a.invalid)
    from data.appraisal as a
    join data.meeting as m on (m.town_id, m.meeting_id) = (a.town_id, a.meeting_id)
    where
        a.town_id = lv.town_id() and a.category = 'deputy' and a.void_reason is null
        and m.state in ('closed', 'approved', 'locked') and m.held_on between first_on and last_on
    group by a.person_id
$$;

-- Helped on a day of the period, and by whom on one: also who has handed it on since.
create function lv.score_households(first_on date, last_on date) returns table (household_id uuid, person_id uuid)
language sql stable as $$
    with stint as (
        select
            p.household_id, p.helper_ids, p.until_on - 1 as to_on,
            lag(p.until_on, 1, h.starts_on) over (
                partition by p.household_id order by p.until_on, p.recorded_at, p.op_id
            ) as from_on
        from data.household_past as p
        join data.household as h on (h.town_id, h.household_id) = (p.town_id, p.household_id)
        where p.town_id = lv.town_id() and h.void_reason is null
        union all
        select
            h.household_id, lv.helper_ids(h.household_id), coalesce(h.ended_on, 'infinity'),
            coalesce(
                (
                    select max(p.until_on) from data.household_past as p
                    where (p.town_id, p.household_id) = (h.town_id, h.household_id)
                ),
                h.starts_on
            )
        from data.household as h
        where h.town_id = lv.town_id() and h.void_reason is null
    )
    select distinct s.household_id, p.person_id
    from stint as s
    cross join lateral unnest(s.helper_ids) as p (person_id)
    where s.from_on <= s.to_on and s.from_on <= last_on and s.to_on >= first_on
$$;

create function lv.score_deeds(first_on date, last_on date) returns table (deed_id uuid, person_id uuid)
language sql stable as $$
    select d.deed_id, d.person_id
    from data.deed as d
    where
        d.town_id = lv.town_id() and d.verified and d.void_reason is null and d.done_on between first_on and last_on
$$;

-- Of everybody in office on a day of the period.
create function lv.deputy_values(first_on date, last_on date)
returns table (recipient_id uuid, measure text, value numeric) language plpgsql stable rows 1000 as $$
begin
    return query
    with roll as (
        select
            l.person_id, l.kind, l.status <> 'unexcused' as attended,
            l.kind not in ('congress_session', 'presidium_meeting', 'group_meeting') as is_activity
        from lv.roll_lines(first_on, last_on) as l
        where l.counted and l.status in ('present', 'late', 'left_early', 'unexcused')
    ),
    attendance as (
        select
            r.person_id,
            lv.percent(
                count(*) filter (where r.attended and r.kind = 'congress_session'),
                count(*) filter (where r.kind = 'congress_session')
            ) as sessions,
            lv.percent(
                count(*) filter (where r.attended and r.kind = 'presidium_meeting'),
                count(*) filter (where r.kind = 'presidium_meeting')
            ) as presidium,
            lv.percent(count(*) filter (where r.attended), count(*)) as meetings,
            count(*) filter (where r.attended and r.kind in ('inspection', 'law_check', 'research')) as inquiries,
            case when bool_and(r.attended or not r.is_activity) then count(*) filter (where r.is_activity) else 0 end
                as activities,
            count(*) filter (where r.attended and r.kind = 'training') as trainings
        from roll as r
        group by r.person_id
    ),
    voice as (
        select
            v.person_id,
            count(*) filter (where v.what <> 'feedback') as suggestions,
            count(*) filter (where v.what <> 'suggestion_cosigned') as voices
        from lv.voices(first_on, last_on) as v
        group by v.person_id
    ),
    deed as (
        select d.person_id, count(*) as deeds from lv.score_deeds(first_on, last_on) as d group by d.person_id
    ),
    household as (
        select h.person_id, count(*) as households
        from lv.score_households(first_on, last_on) as h
        group by h.person_id
    )
    select o.person_id, m.measure, m.value
    from lv.offices() as o
    left join attendance as a on a.person_id = o.person_id
    left join voice as v on v.person_id = o.person_id
    left join deed as d on d.person_id = o.person_id
    left join household as h on h.person_id = o.person_id
    left join lv.score_appraisals(first_on, last_on) as b on b.person_id = o.person_id
    cross join lateral (
        values
        ('sessions_percent', a.sessions), ('presidium_percent', a.presidium), ('meetings_percent', a.meetings),
        ('inquiries', coalesce(a.inquiries, 0)), ('activities', coalesce(a.activities, 0)),
        ('trainings', coalesce(a.trainings, 0)), ('suggestions', coalesce(v.suggestions, 0)),
        ('voices', coalesce(v.voices, 0)), ('deeds', coalesce(d.deeds, 0)),
        ('households', coalesce(h.households, 0)), ('appraisal_percent', lv.percent(b.good, b.valid))
    ) as m (measure, value)
    where o.days && daterange(first_on, last_on, '[]');
end
$$;

-- Of every group: its members are who had a mandate in it on a day of the period, each roll's line and voice counts
-- for the groups that its person was in on the day.
create function lv.group_values(first_on date, last_on date)
returns table (recipient_id uuid, measure text, value numeric) language plpgsql stable rows 1000 as $$
declare
    town int := lv.town_id();
begin
    return query
    with standing as materialized (
        select m.group_id, d.person_id, range_agg(d.days) as days
        from lv.mandate_days as d
        join data.mandate as m on (m.town_id, m.mandate_id) = (d.town_id, d.mandate_id)
        where d.town_id = town and d.days && daterange(first_on, last_on, '[]')
        group by m.group_id, d.person_id
    ),
    attendance as (
        select
            s.group_id, lv.percent(count(*) filter (where l.status <> 'unexcused'), count(*)) as meetings
        from lv.roll_lines(first_on, last_on) as l
        join standing as s on s.person_id = l.person_id and s.days @> l.held_on
        where l.counted and l.status in ('present', 'late', 'left_early', 'unexcused')
        group by s.group_id
    ),
    held as (
        select m.group_id, count(*) as held, count(*) filter (where m.kind = 'training') as trainings
        from data.meeting as m
        where
            m.town_id = town and m.group_id is not null and m.held_on between first_on and last_on
            and m.state in ('closed', 'approved', 'locked')
        group by m.group_id
    ),
    voice as (
        select s.group_id, count(distinct v.person_id) as people
        from lv.voices(first_on, last_on) as v
        join standing as s on s.person_id = v.person_id and s.days @> v.day_on
        where v.what <> 'suggestion_cosigned'
        group by s.group_id
    ),
    member as (
        select
            s.group_id, count(*) as people, count(b.person_id) as appraised
        from standing as s
        left join lv.score_appraisals(first_on, last_on) as b on b.person_id = s.person_id
        group by s.group_id
    ),
    deed as (
        select s.group_id, count(*) as deeds
        from lv.score_deeds(first_on, last_on) as d
        join standing as s on s.person_id = d.person_id
        group by s.group_id
    ),
    household as (
        select s.group_id, count(distinct h.household_id) as households
        from lv.score_households(first_on, last_on) as h
        join standing as s on s.person_id = h.person_id
        group by s.group_id
    )
    select g.group_id, m.measure, m.value
    from data.deputy_group as g
    left join attendance as a on a.group_id = g.group_id
    left join held as e on e.group_id = g.group_id
    left join voice as v on v.group_id = g.group_id
    left join member as b on b.group_id = g.group_id
    left join deed as d on d.group_id = g.group_id
    left join household as h on h.group_id = g.group_id
    cross join lateral (
        values
        ('meetings_percent', a.meetings), ('held', coalesce(e.held, 0)), ('trainings', coalesce(e.trainings, 0)),
        ('voices_percent', lv.percent(coalesce(v.people, 0), b.people)),
        ('appraised_percent', lv.percent(b.appraised, b.people)), ('deeds', coalesce(d.deeds, 0)),
        ('households', coalesce(h.households, 0))
    ) as m (measure, value)
    where g.town_id = town;
end
$$;

-- The sheet.

create function lv.score_kind(of_group uuid) returns text language sql immutable as $$
    select case when of_group is null then 'excellent_deputy' else 'advanced_group' end
$$;

-- Points of a counted line: all of them where nothing was due, for nobody loses what was not held (domain.md D2.10).
create function lv.score_points(max_points int, target numeric, step_points numeric, value numeric) returns int
language sql immutable as $$
    select case
        when value is null then max_points
        when step_points is null then floor(round(max_points * least(value, target) / target, 6))::int
        else greatest(floor(max_points - step_points * greatest(target - value, 0)), 0)::int
    end
$$;

-- The sheets of a year as the records are now, of everybody or of one recipient. Points are null where the office is
-- still to give them.
create function lv.live_scores(of_kind text, of_year int, recipient uuid default null) returns table (
    recipient_id uuid, line text, "position" int, label text, max_points int, measure text, target numeric,
    step_points numeric, value numeric, points int, note text
) language plpgsql stable rows 1000 as $$
declare
    first_on date := make_date(of_year, 1, 1);
    last_on date := make_date(of_year, 12, 31);
begin
    return query
    with found as materialized (
        select d.* from lv.deputy_values(first_on, last_on) as d where of_kind = 'excellent_deputy'
        union all
        select g.* from lv.group_values(first_on, last_on) as g where of_kind = 'advanced_group'
    ),
    entry as (
        select distinct on (e.recipient_id, e.line) e.recipient_id, e.line, e.points, e.note
        from data.score_entry as e
        where e.town_id = lv.town_id() and e.kind = of_kind and e.year = of_year
        order by e.recipient_id, e.line, e.recorded_at desc, e.op_id desc
    )
    select
        r.recipient_id, l.line, l.position, l.label, l.max_points, l.measure, l.target, l.step_points, f.value,
        case
            when l.measure is null then case when e.points is not null then least(e.points, l.max_points) end
            else lv.score_points(l.max_points, l.target, l.step_points, f.value)
        end,
        e.note
    from (select distinct v.recipient_id from found as v) as r
    cross join lv.score_lines(of_kind, of_year) as l
    left join found as f on f.recipient_id = r.recipient_id and f.measure = l.measure
    left join entry as e on e.recipient_id = r.recipient_id and e.line = l.line and l.measure is null
    where r.recipient_id = coalesce(recipient, r.recipient_id);
end
$$;

-- The award that was decided on this sheet; null: none.
create function lv.decided_award(of_kind text, of_year int, recipient uuid) returns uuid language sql stable as $$
    select c.award_id
    from lv.award_case as c
    where
        (c.town_id, c.kind, c.year) = (lv.town_id(), of_kind, of_year) and c.state in ('decided', 'paid')
        and coalesce(c.group_id, c.person_id) = recipient
        and exists (
            select from data.score_frozen as f where (f.town_id, f.award_id) = (c.town_id, c.award_id)
        )
    limit 1
$$;

create function lv.freeze_scores(c lv.award_case) returns void language sql volatile as $$
    insert into data.score_frozen (
        town_id, award_id, line, position, label, max_points, measure, target, step_points, value, points, note
    )
    select
        c.town_id, c.award_id, s.line, s.position, s.label, s.max_points, s.measure, s.target, s.step_points, s.value,
        s.points, s.note
    from lv.live_scores(c.kind, c.year, coalesce(c.group_id, c.person_id)) as s
$$;

-- One sheet: as it was when the award was decided, else as the records are now.
create function lv.score_sheet(of_kind text, of_year int, recipient uuid) returns table (
    line text, "position" int, label text, max_points int, measure text, target numeric, step_points numeric,
    value numeric, points int, note text, frozen boolean
) language plpgsql stable as $$
declare
    award uuid := lv.decided_award(of_kind, of_year, recipient);
begin
    return query
    select
        f.line, f.position, f.label, f.max_points, f.measure, f.target, f.step_points, f.value, f.points, f.note, true
    from data.score_frozen as f
    where (f.town_id, f.award_id) = (lv.town_id(), award);
    if award is null then
        return query
        select
            s.line, s.position, s.label, s.max_points, s.measure, s.target, s.step_points, s.value, s.points, s.note,
            false
        from lv.live_scores(of_kind, of_year, recipient) as s;
    end if;
end
$$;

-- How many lines of an award's sheet wait for the office.
create function lv.open_lines(c lv.award_case) returns int language sql stable as $$
    select count(*)::int
    from lv.score_sheet(c.kind, c.year, coalesce(c.group_id, c.person_id)) as s
    where s.points is null
$$;

-- Whose sheet: one group or one person, that the caller may see.
create function lv.score_recipient(who data.caller, of_year int, in_group uuid, person uuid) returns uuid
language plpgsql stable as $$
declare
    recipient uuid;
begin
    if in_group is null and (who).role = 'deputy' then
        person := coalesce(person, (who).person_id);
    end if;
    recipient := coalesce(in_group, person);
    perform lv.demand_year(of_year);
    perform lv.demand(num_nonnulls(in_group, person) = 1, 'invalid', 'value_missing', 'column', 'recipient');
    perform lv.demand(
        coalesce(
            case (who).role
                when 'deputy' then person = (who).person_id
                when 'leader' then in_group = (who).group_id
                else (who).role in ('office', 'chair', 'auditor')
            end,
            false
        ),
        'forbidden', 'score_not_yours', 'role', (who).role
    );
    perform lv.demand(
        case
            when person is null then exists (
                select from data.deputy_group as g where (g.town_id, g.group_id) = (lv.town_id(), in_group)
            )
            else lv.in_office_in_year(person, null, of_year)
        end,
        'not_found', 'recipient_unknown', 'recipient', recipient::text
    );
    return recipient;
end
$$;

-- The office gives points on a line that no record counts.
create function lv.set_score(
    who data.caller, op data.op, of_year int, in_group uuid, person uuid, of_line text, new_points int, new_note text
) returns table (points int, max_points int) language plpgsql volatile as $$
declare
    of_kind text := lv.score_kind(in_group);
    recipient uuid := lv.score_recipient(who, of_year, in_group, person);
    l record;
begin
    perform lv.demand_value(of_line <> '', 'line');
    perform lv.demand(coalesce(person <> (who).person_id, true), 'forbidden', 'award_for_self', 'code', of_line);
    select s.* into l from lv.score_sheet(of_kind, of_year, recipient) as s where s.line = of_line;
    perform lv.demand(l.line is not null, 'not_found', 'score_line_unknown', 'line', of_line);
    perform lv.demand(not l.frozen, 'conflict', 'score_is_frozen', 'line', of_line);
    perform lv.demand(l.measure is null, 'conflict', 'score_is_counted', 'line', of_line);
    perform lv.demand_value(new_points is not null, 'points');
    perform lv.demand(
        new_points between 0 and l.max_points, 'invalid', 'bad_points', 'points', new_points::text,
        'max', l.max_points::text
    );
    perform lv.demand_value(trim(new_note) <> '', 'note');
    insert into data.score_entry (
        town_id, kind, year, recipient_id, line, op_id, points, note, author_id, recorded_at
    )
    values (
        (who).town_id, of_kind, of_year, recipient, of_line, (op).op_id, new_points, trim(new_note),
        (who).account_id, lv.now()
    );
    points := new_points;
    max_points := l.max_points;
    return next;
end
$$;

-- A year's sums, by code and not by points; `open` lines wait for the office.
create function lv.score_sums(of_kind text, of_year int) returns table (
    recipient_id uuid, code text, name text, points int, max_points int, open_lines int, frozen boolean
) language plpgsql stable as $$
begin
    return query
    with decided as (
        select coalesce(c.group_id, c.person_id) as recipient, c.award_id
        from lv.award_case as c
        where
            (c.town_id, c.kind, c.year) = (lv.town_id(), of_kind, of_year) and c.state in ('decided', 'paid')
    ),
    line as (
        select d.recipient, f.points, f.max_points, true as is_frozen
        from decided as d
        join data.score_frozen as f on (f.town_id, f.award_id) = (lv.town_id(), d.award_id)
        union all
        select s.recipient_id, s.points, s.max_points, false
        from lv.live_scores(of_kind, of_year) as s
        where
            s.recipient_id not in (
                select d.recipient
                from decided as d
                join data.score_frozen as f on (f.town_id, f.award_id) = (lv.town_id(), d.award_id)
            )
    )
    select
        l.recipient, coalesce(g.code, p.code), coalesce(g.name, p.name), coalesce(sum(l.points), 0)::int,
        sum(l.max_points)::int, (count(*) - count(l.points))::int, l.is_frozen
    from line as l
    left join data.deputy_group as g on (g.town_id, g.group_id) = (lv.town_id(), l.recipient)
    left join data.person as p on (p.town_id, p.person_id) = (lv.town_id(), l.recipient)
    group by l.recipient, g.code, p.code, g.name, p.name, l.is_frozen;
end
$$;
