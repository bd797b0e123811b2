-- The figures of a report: rules.md section 4. Each is the list behind it, counted or summed up, and is defined nowhere
-- else; "in the year" goes by the day that the list shows.

-- In the order in which they are printed. `parts`: the figure is a map, and these are its keys.
create view lv.figure with (security_invoker = true) as
select f.position, f.figure, f.section, f.measure, f.parts
from (
    values
    (1, 'groups', 'organisation', 'count', null::text[]),
    (2, 'county_mandates', 'organisation', 'count', null),
    (3, 'town_mandates', 'organisation', 'count', null),
    (4, 'city_mandates', 'organisation', 'count', null),
    (5, 'people', 'organisation', 'count', null),
    (6, 'meetings_held', 'meetings', 'count', null),
    (7, 'inspections', 'meetings', 'count', null),
    (8, 'suggestions_from_inspections', 'meetings', 'count', null),
    (9, 'law_checks', 'meetings', 'count', null),
    (10, 'suggestions_from_law_checks', 'meetings', 'count', null),
    (11, 'research', 'meetings', 'count', null),
    (12, 'suggestions_from_research', 'meetings', 'count', null),
    (13, 'deliberations', 'meetings', 'count', null),
    (14, 'duty_reports_group_heads', 'meetings', 'count', null),
    (15, 'duty_reports_village_heads', 'meetings', 'count', null),
    (16, 'duty_reports_deputies', 'meetings', 'count', null),
    (17, 'work_reviews', 'meetings', 'count', null),
    (18, 'trainings', 'meetings', 'count', null),
    (19, 'suggestions', 'suggestions', 'count', null),
    (20, 'deeds_verified', 'deeds', 'count', null),
    (21, 'households', 'deeds', 'count', null),
    (22, 'household_members', 'deeds', 'sum', null),
    (23, 'awards_groups', 'awards', 'count', null),
    (24, 'awards_deputies', 'awards', 'count', null),
    (25, 'award_yuan', 'awards', 'sum', null),
    (26, 'deputy_activity_yuan', 'funds', 'sum', null),
    (27, 'office_premises_yuan', 'funds', 'sum', null),
    (28, 'room_premises_yuan', 'funds', 'sum', null),
    (
        29, 'attendance', 'attendance', 'parts',
        '{present,late,left_early,excused,unexcused,not_liable,unknown}'
    ),
    (30, 'feedback', 'feedback', 'parts', null),
    (31, 'feedback.total', 'feedback', 'count', null)
) as f (position, figure, section, measure, parts);

-- Activities of a kind as a figure.
create view lv.figure_of_kind with (security_invoker = true) as
select k.kind, k.figure, k.kind in ('inspection', 'law_check', 'research') as gives_suggestions
from (
    values
    ('inspection', 'inspections'),
    ('law_check', 'law_checks'),
    ('research', 'research'),
    ('deliberation', 'deliberations'),
    ('work_review', 'work_reviews'),
    ('training', 'trainings')
) as k (kind, figure);

-- Every line behind every figure of a period. Voided and withdrawn records stand behind none. Who asks for the lines of
-- one figure must let the planner see this query: it then reads that figure's branch alone.
create function lv.figure_rows(from_on date, to_on date)
returns table (figure text, part text, code text, day_on date, title text, name text, amount bigint)
language sql stable as $$
    select 'groups', null, g.code, null::date, g.name, null, null::bigint
    from data.deputy_group as g
    where g.town_id = lv.town_id()
    union all
    -- In force on at least one day, suspended or not.
    select m.level || '_mandates', null, m.code, m.starts_on, g.name, p.name, null
    from data.mandate as m
    join data.person as p on (p.town_id, p.person_id) = (m.town_id, m.person_id)
    join data.deputy_group as g on (g.town_id, g.group_id) = (m.town_id, m.group_id)
    where
        m.town_id = lv.town_id() and m.void_reason is null
        and m.starts_on <= to_on and coalesce(m.ends_on > greatest(m.starts_on, from_on), true)
    union all
    -- In office on at least one day; the day is the first of them.
    select 'people', null, p.code, lower(d.days), null, p.name, null
    from lv.offices() as o
    cross join lateral (select o.days * datemultirange(daterange(from_on, to_on, '[]')) as days) as d
    join data.person as p on (p.town_id, p.person_id) = (lv.town_id(), o.person_id)
    where not isempty(d.days)
    union all
    select f.figure, null, m.code, m.held_on, m.title, g.name, null
    from data.meeting as m
    left join lv.figure_of_kind as k on k.kind = m.kind
    cross join lateral unnest(array['meetings_held', k.figure]) as f (figure)
    left join data.deputy_group as g on (g.town_id, g.group_id) = (m.town_id, m.group_id)
    where
        m.town_id = lv.town_id() and f.figure is not null
        and m.state in ('closed', 'approved', 'locked') and m.held_on between from_on and to_on
    union all
    -- Bills included. By its kind alone does the activity that one arose from decide where it counts.
    select f.figure, null, s.code, s.submitted_on, s.title, p.name, null
    from data.suggestion as s
    left join data.meeting as m on (m.town_id, m.meeting_id) = (s.town_id, s.origin_meeting_id)
    left join lv.figure_of_kind as k on k.kind = m.kind and k.gives_suggestions
    cross join lateral unnest(array['suggestions', 'suggestions_from_' || k.figure]) as f (figure)
    left join data.suggestion_proposer as b
        on (b.town_id, b.suggestion_id, b.position) = (s.town_id, s.suggestion_id, 1)
    left join data.person as p on (p.town_id, p.person_id) = (b.town_id, b.person_id)
    where
        s.town_id = lv.town_id() and f.figure is not null
        and s.state not in ('withdrawn', 'void') and s.submitted_on between from_on and to_on
    union all
    -- At activities, which congress sessions, presidium and group meetings are not.
    select
        'duty_reports_' || case a.category when 'deputy' then 'deputies' else a.category || 's' end, null, a.code,
        m.held_on, m.title, coalesce(a.subject, p.name), null
    from data.appraisal as a
    join data.meeting as m on (m.town_id, m.meeting_id) = (a.town_id, a.meeting_id)
    left join data.person as p on (p.town_id, p.person_id) = (a.town_id, a.person_id)
    where
        a.town_id = lv.town_id() and a.void_reason is null and a.category in ('group_head', 'village_head', 'deputy')
        and m.kind not in ('congress_session', 'presidium_meeting', 'group_meeting')
        and m.state in ('closed', 'approved', 'locked') and m.held_on between from_on and to_on
    union all
    select 'deeds_verified', null, d.code, d.done_on, d.kind, p.name, null
    from data.deed as d
    join data.person as p on (p.town_id, p.person_id) = (d.town_id, d.person_id)
    where
        d.town_id = lv.town_id() and d.void_reason is null and d.verified and d.done_on between from_on and to_on
    union all
    -- Whose help began in the period or before.
    select f.figure, null, h.code, h.starts_on, v.name, h.head, h.members
    from data.household as h
    join data.village as v on (v.town_id, v.village_id) = (h.town_id, h.village_id)
    cross join (values ('households'), ('household_members')) as f (figure)
    where h.town_id = lv.town_id() and h.void_reason is null and h.starts_on <= to_on
    union all
    select f.figure, null, a.code, a.awarded_on, a.document, coalesce(g.name, p.name), a.amount_yuan
    from data.award as a
    left join data.deputy_group as g on (g.town_id, g.group_id) = (a.town_id, a.group_id)
    left join data.person as p on (p.town_id, p.person_id) = (a.town_id, a.person_id)
    cross join lateral unnest(
        array[case a.kind when 'advanced_group' then 'awards_groups' else 'awards_deputies' end, 'award_yuan']
    ) as f (figure)
    where a.town_id = lv.town_id() and a.void_reason is null and a.awarded_on between from_on and to_on
    union all
    select f.kind || '_yuan', null, f.code, f.spent_on, f.note, coalesce(p.name, g.name), f.amount_yuan
    from data.fund as f
    left join data.person as p on (p.town_id, p.person_id) = (f.town_id, f.person_id)
    left join data.deputy_group as g on (g.town_id, g.group_id) = (f.town_id, f.group_id)
    where
        f.town_id = lv.town_id() and f.void_reason is null and f.kind <> 'other'
        and f.spent_on between from_on and to_on
    union all
    select 'attendance', l.status, m.code || ' ' || p.code, l.held_on, m.title, p.name, null
    from lv.roll_lines(from_on, to_on) as l
    join data.meeting as m on (m.town_id, m.meeting_id) = (lv.town_id(), l.meeting_id)
    join data.person as p on (p.town_id, p.person_id) = (lv.town_id(), l.person_id)
    where l.counted
    union all
    -- Merged feedback counts: every voice was carried.
    select 'feedback', f.state, f.code, f.received_on, f.topic, p.name, null
    from data.feedback as f
    join data.person as p on (p.town_id, p.person_id) = (f.town_id, f.deputy_id)
    where
        f.town_id = lv.town_id() and f.state not in ('withdrawn', 'void') and f.received_on between from_on and to_on
$$;

create function lv.demand_period(from_on date, to_on date) returns void language plpgsql stable as $$
begin
    perform lv.demand_value(from_on is not null, 'from_on'), lv.demand_value(to_on is not null, 'to_on');
    perform lv.demand(from_on <= to_on, 'invalid', 'period_invalid', 'from', from_on::text, 'to', to_on::text);
end
$$;

-- All figures, each the length or the sum of its lines; a part that has no line is left out.
create function lv.figures(from_on date, to_on date)
returns table (figure text, section text, measure text, value bigint) language plpgsql stable as $$
begin
    perform lv.demand_period(from_on, to_on);
    return query
    with counted as materialized (
        select r.figure, r.part, count(*) as count, sum(r.amount)::bigint as sum
        from lv.figure_rows(from_on, to_on) as r
        group by r.figure, r.part
    )
    select v.figure, v.section, v.measure, v.value
    from (
        select
            f.position, null as part, f.figure, f.section, f.measure,
            case f.measure
                when 'count' then coalesce(sum(c.count), 0)::bigint
                when 'sum' then coalesce(sum(c.sum), 0)::bigint
            end as value
        from lv.figure as f
        left join counted as c on c.figure = split_part(f.figure, '.', 1)
        group by f.position, f.figure, f.section, f.measure
        union all
        select last.position, c.part, f.figure || '.' || c.part, f.section, 'count', c.count
        from lv.figure as f
        join counted as c on c.figure = f.figure
        cross join lateral (
            select max(l.position) as position from lv.figure as l where split_part(l.figure, '.', 1) = f.figure
        ) as last
        where f.measure = 'parts'
    ) as v
    order by v.position, v.part collate "C" nulls first;
end
$$;

-- What a figure's name stands for: NAME, NAME.PART, or NAME.total; a map's own name is the list of all its parts.
create function lv.figure_named(of_figure text, out head text, out part text, out measure text)
language plpgsql stable as $$
declare
    f record;
begin
    head := split_part(of_figure, '.', 1);
    part := nullif(split_part(of_figure, '.', 2), '');
    select d.measure, coalesce(d.parts, c.choices) as parts
    into f
    from lv.figure as d
    left join lv.import_column as c on (c.file, c.name) = (d.figure, 'state')
    where d.figure = head;
    perform lv.demand(
        f.measure is not null and of_figure in (head, head || '.' || part)
            and (part is null or f.measure = 'parts' and (part = any (f.parts) or part = 'total')),
        'not_found', 'figure_unknown', 'figure', of_figure
    );
    part := nullif(part, 'total');
    measure := case f.measure when 'sum' then 'sum' else 'count' end;
end
$$;

-- A page of the lines behind a figure, by day and code.
create function lv.figure_list(of_figure text, from_on date, to_on date, after text, page_limit int)
returns table (
    code text, day_on date, title text, name text, part text, amount bigint, measure text, next text
) language plpgsql stable as $$
#variable_conflict use_column
declare
    named record;
begin
    perform lv.demand_value(of_figure <> '', 'figure');
    perform lv.demand_period(from_on, to_on);
    select * into named from lv.figure_named(of_figure);
    return query
    with page as (
        select r.*, k.key
        from lv.figure_rows(from_on, to_on) as r
        cross join lateral (select coalesce(lv.csv_day(r.day_on), '-') || ' ' || r.code as key) as k
        where
            r.figure = named.head and (named.part is null or r.part = named.part)
            and (after is null or k.key collate "C" > after collate "C")
        order by k.key collate "C"
        limit lv.page(page_limit) + 1
    )
    select
        p.code, p.day_on, p.title, p.name, p.part, case when named.measure = 'sum' then p.amount end, named.measure,
        case when lead(p.key) over (order by p.key collate "C") is not null then p.key end
    from page as p
    order by p.key collate "C"
    limit lv.page(page_limit);
end
$$;
