-- Training (domain.md A2, 四结合): everybody by large meetings, some by study visits, tiers by group activities, and
-- materials studied by oneself. The first three are meetings with rolls; what a meeting does not say of itself as a
-- training stands in data.training.

-- Of a meeting that nobody has described: what its kind and its group say.
create function lv.training_form(m data.meeting, t data.training) returns text language sql immutable as $$
    select coalesce(
        (t).form, case
            when (m).kind = 'study_visit' then 'key'
            when (m).group_id is not null then 'tiered'
            else 'everybody'
        end
    )
$$;

create function lv.describe_training(
    who data.caller, op data.op, meeting uuid, new_form text, new_tier text, new_hours int, new_host text,
    new_topics text[], new_note text
) returns text language plpgsql volatile as $$
declare
    m data.meeting := lv.hold_meeting(meeting);
    before data.training;
    t data.training;
begin
    new_note := nullif(trim(new_note), '');
    select * into before from data.training as d where (d.town_id, d.meeting_id) = (m.town_id, meeting);
    perform lv.demand_step(
        who, 'training', 'describe', case when before.meeting_id is null then 'new' else 'described' end, m.code
    );
    perform lv.demand_scope(who, m.group_id, null, null, 'meeting', m.code);
    perform lv.demand(m.kind in ('training', 'study_visit'), 'invalid', 'not_a_training', 'meeting', m.code);
    perform lv.demand_term_open(m.held_on);
    perform lv.demand(
        m.state not in ('cancelled', 'postponed'), 'conflict', 'training_not_now', 'meeting', m.code, 'state', m.state
    );
    perform lv.demand(
        m.state <> 'locked' or (who).role = 'office' and new_note is not null, 'conflict', 'training_locked',
        'meeting', m.code
    );
    t := before;
    t.town_id := m.town_id;
    t.meeting_id := meeting;
    t.form := coalesce(new_form, before.form, lv.training_form(m, before));
    t.tier := coalesce(nullif(trim(new_tier), ''), before.tier);
    t.hours := coalesce(new_hours, before.hours);
    t.host := coalesce(nullif(trim(new_host), ''), before.host);
    t.topics := coalesce(nullif(new_topics, '{}'), before.topics, '{}');
    perform lv.demand(t.form <> 'self_study', 'invalid', 'bad_value', 'column', 'form', 'value', t.form);
    perform lv.demand_value('' <> all (t.topics), 'topics');
    perform lv.demand_value(t.form <> 'tiered' or t.tier is not null, 'tier');
    perform lv.demand(t.form <> 'key' or t.host is not null, 'invalid', 'training_host', 'meeting', m.code);
    perform lv.demand(
        coalesce(t.hours between 1 and 400, true), 'invalid', 'hours_range', 'hours', t.hours::text, 'most', '400'
    );
    insert into data.training select (t).*
    on conflict (town_id, meeting_id) do update set (form, tier, hours, host, topics)
        = (excluded.form, excluded.tier, excluded.hours, excluded.host, excluded.topics);
    perform lv.add_step(
        who, op, 'training', meeting, 'describe', case when before.meeting_id is null then 'new' else 'described' end,
        'described', new_note,
        (to_jsonb(t) - '{town_id,meeting_id}'::text[])
        || case when before.meeting_id is null then '{}' else jsonb_build_object('before', to_jsonb(before)) end
    );
    return t.form;
end
$$;

-- Materials.

create function lv.issue_material(
    who data.caller, op data.op, id uuid, new_title text, new_copies int, day date
) returns text language plpgsql volatile as $$
declare
    new_code text;
begin
    day := coalesce(day, lv.today());
    perform lv.demand_value(id is not null, 'material_id');
    perform lv.demand_value(trim(new_title) <> '', 'title');
    perform lv.demand(coalesce(new_copies between 1 and 1000000, false), 'invalid', 'copies_range');
    perform lv.demand(day <= lv.today(), 'invalid', 'day_in_future', 'day', day::text);
    perform lv.demand_term_open(day);
    new_code := lv.next_code('material');
    insert into data.material (town_id, material_id, code, title, copies, issued_on, author_id, op_id)
    values ((who).town_id, id, new_code, trim(new_title), new_copies, day, (who).account_id, (op).op_id)
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'operation_repeated');
    return new_code;
end
$$;

-- How many copies are with whoever hands them out: the office has what was printed less what it gave; a group's room
-- what it got less what it passed on.
create function lv.copies_left(material uuid, of_group uuid) returns int language sql stable as $$
    select (
        case
            when of_group is null then (
                select m.copies from data.material as m where (m.town_id, m.material_id) = (lv.town_id(), material)
            )
            else coalesce(
                (
                    select sum(h.copies) from data.handout as h
                    where (h.town_id, h.material_id, h.group_id) = (lv.town_id(), material, of_group)
                ),
                0
            )
        end
        - coalesce(
            (
                select sum(h.copies) from data.handout as h
                where
                    (h.town_id, h.material_id) = (lv.town_id(), material)
                    and h.from_group_id is not distinct from of_group
            ),
            0
        )
    )::int
$$;

create function lv.hand_out(
    who data.caller, op data.op, id uuid, material uuid, person uuid, to_group uuid, new_copies int, day date,
    new_note text
) returns int language plpgsql volatile as $$
declare
    today date := lv.today();
    m data.material;
    from_group uuid := case when (who).role in ('clerk', 'leader') then (who).group_id end;
    left_over int;
begin
    day := coalesce(day, today);
    new_copies := coalesce(new_copies, 1);
    perform lv.demand_value(id is not null, 'handout_id');
    -- Held, so that two who hand out at once do not both take the last copy.
    select * into m from data.material as d where (d.town_id, d.material_id) = ((who).town_id, material)
    for no key update;
    perform lv.demand(
        m.material_id is not null, 'not_found', 'material_unknown', 'material', coalesce(material::text, '')
    );
    perform lv.demand(num_nonnulls(person, to_group) = 1, 'invalid', 'handout_addressee', 'material', m.code);
    perform lv.demand(from_group is null or to_group is null, 'forbidden', 'handout_to_people', 'material', m.code);
    perform lv.demand(
        to_group is null
        or exists (select from data.deputy_group as g where (g.town_id, g.group_id) = (m.town_id, to_group)),
        'not_found', 'group_unknown', 'group', to_group::text
    );
    perform lv.demand(
        person is null or exists (select from data.person as p where (p.town_id, p.person_id) = (m.town_id, person)),
        'not_found', 'person_unknown', 'person', person::text
    );
    perform lv.demand(
        from_group is null or lv.stands_in_group(person, from_group, day), 'forbidden', 'not_your_deputy', 'person',
        (select p.code from data.person as p where (p.town_id, p.person_id) = (m.town_id, person))
    );
    perform lv.demand(
        day between m.issued_on and today, 'invalid', 'handout_day', 'day', day::text, 'material', m.code
    );
    perform lv.demand_term_open(day);
    left_over := lv.copies_left(material, from_group);
    perform lv.demand(
        new_copies between 1 and left_over, 'invalid', 'copies_left', 'material', m.code, 'copies', new_copies::text,
        'left', left_over::text
    );
    insert into data.handout (
        town_id, handout_id, material_id, person_id, group_id, from_group_id, copies, handed_on, note, author_id, op_id
    )
    values (
        m.town_id, id, material, person, to_group, from_group, new_copies, day, nullif(trim(new_note), ''),
        (who).account_id, (op).op_id
    )
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'operation_repeated');
    return left_over - new_copies;
end
$$;

create function lv.material_found(id uuid, material_code text) returns uuid language plpgsql stable as $$
declare
    found uuid := (
        select m.material_id from data.material as m
        where m.town_id = lv.town_id() and case when id is null then m.code = material_code else m.material_id = id end
    );
begin
    perform lv.demand(
        found is not null, 'not_found', 'material_unknown', 'material', coalesce(id::text, material_code, '')
    );
    return found;
end
$$;

-- Self-study.

create function lv.self_studies_seen(who data.caller) returns setof data.self_study language sql stable as $$
    select s.*
    from data.self_study as s
    where s.town_id = lv.town_id() and lv.leave_in_scope(who, s.person_id, s.studied_on)
$$;

create function lv.self_study_found(who data.caller, id uuid, study_code text) returns uuid
language plpgsql stable as $$
declare
    found uuid := (
        select s.self_study_id from data.self_study as s
        where s.town_id = lv.town_id() and case when id is null then s.code = study_code else s.self_study_id = id end
    );
begin
    perform lv.demand(
        found is not null, 'not_found', 'self_study_unknown', 'self_study', coalesce(id::text, study_code, '')
    );
    perform lv.demand(
        exists (select from lv.self_studies_seen(who) as s where s.self_study_id = found), 'forbidden', 'not_yours',
        'subject', 'self_study', 'code', coalesce(study_code, id::text), 'role', (who).role
    );
    return found;
end
$$;

create function lv.note_self_study(
    who data.caller, op data.op, id uuid, person uuid, day date, material uuid, new_title text, new_hours int,
    new_note text
) returns text language plpgsql volatile as $$
declare
    today date := lv.today();
    most int := lv.setting('self_study_day_hours', lv.today());
    noted int;
    new_code text;
    m data.material;
    p data.person;
begin
    perform lv.demand_value(id is not null, 'self_study_id');
    person := coalesce(person, case (who).role when 'deputy' then (who).person_id end);
    day := coalesce(day, today);
    perform lv.demand_step(who, 'self_study', 'note', 'new', '');
    perform lv.demand_value(person is not null, 'person_id');
    select * into p from data.person as d where (d.town_id, d.person_id) = ((who).town_id, person)
    for no key update; -- the day's hours are counted under it
    perform lv.demand(p.person_id is not null, 'not_found', 'person_unknown', 'person', person::text);
    perform lv.demand(
        lv.leave_in_scope(who, person, day), 'forbidden', 'not_yours', 'subject', 'self_study', 'code', p.code, 'role',
        (who).role
    );
    perform lv.demand_in_office(person, day);
    perform lv.demand(day <= today, 'invalid', 'day_in_future', 'day', day::text);
    perform lv.demand_term_open(day);
    if material is not null then
        select * into m from data.material as d where (d.town_id, d.material_id) = (p.town_id, material);
        perform lv.demand(m.material_id is not null, 'not_found', 'material_unknown', 'material', material::text);
    end if;
    new_title := coalesce(nullif(trim(new_title), ''), m.title);
    perform lv.demand_value(new_title is not null, 'title');
    perform lv.demand(
        coalesce(new_hours between 1 and most, false), 'invalid', 'hours_range', 'hours',
        coalesce(new_hours::text, ''), 'most', most::text
    );
    noted := coalesce(
        (
            select sum(s.hours) from data.self_study as s
            where
                (s.town_id, s.person_id, s.studied_on) = (p.town_id, person, day)
                and s.state in ('noted', 'confirmed')
        ),
        0
    );
    perform lv.demand(
        noted + new_hours <= most, 'conflict', 'hours_of_day', 'person', p.code, 'day', day::text, 'noted',
        noted::text, 'most', most::text
    );
    new_code := lv.next_code('self_study');
    insert into data.self_study (
        town_id, self_study_id, code, person_id, studied_on, material_id, title, hours, note, state, noted_by
    )
    values (
        p.town_id, id, new_code, person, day, material, new_title, new_hours, nullif(trim(new_note), ''), 'noted',
        (who).account_id
    )
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'operation_repeated');
    perform lv.add_step(who, op, 'self_study', id, 'note', 'new', 'noted', new_note);
    return new_code;
end
$$;

-- Confirmed by the group's leader, a leader's own by the chair; never by who noted it.
create function lv.move_self_study(who data.caller, op data.op, id uuid, do_action text, new_note text) returns text
language plpgsql volatile as $$
declare
    today date := lv.today();
    s data.self_study;
    new_state text := case do_action when 'confirm' then 'confirmed' when 'refuse' then 'refused' else 'withdrawn' end;
begin
    new_note := nullif(trim(new_note), '');
    select * into s from data.self_study as d where (d.town_id, d.self_study_id) = ((who).town_id, id)
    for no key update;
    perform lv.demand(
        s.self_study_id is not null, 'not_found', 'self_study_unknown', 'self_study', coalesce(id::text, '')
    );
    perform lv.demand_step(who, 'self_study', do_action, s.state, s.code);
    perform lv.demand(
        lv.leave_in_scope(who, s.person_id, s.studied_on), 'forbidden', 'not_yours', 'subject', 'self_study', 'code',
        s.code, 'role', (who).role
    );
    perform lv.demand_value(new_note is not null or do_action <> 'refuse', 'note');
    if do_action <> 'withdraw' then
        perform lv.demand_term_open(s.studied_on);
        perform lv.demand(
            not lv.is_of_case(who, s.person_id) and not lv.is_same_actor(who, s.noted_by), 'forbidden',
            'confirm_own_study', 'self_study', s.code
        );
    end if;
    update data.self_study as d
    set
        state = new_state, decided_by = case do_action when 'withdraw' then null else (who).account_id end,
        decided_on = case do_action when 'withdraw' then null else today end
    where (d.town_id, d.self_study_id) = (s.town_id, id);
    perform lv.add_step(who, op, 'self_study', id, do_action, s.state, new_state, new_note);
    return new_state;
end
$$;

-- Coverage.

-- Who was trained by what: each attendance of a training or study visit that counts, each confirmed self-study.
create function lv.trained(from_on date, to_on date) returns table (
    person_id uuid, form text, subject text, code text, title text, day_on date, hours int
) language plpgsql stable rows 1000 as $$
begin
    return query
    select l.person_id, lv.training_form(m, t), 'meeting', m.code, m.title, m.held_on, t.hours
    from lv.roll_lines(from_on, to_on) as l
    join data.meeting as m on (m.town_id, m.meeting_id) = (lv.town_id(), l.meeting_id)
    left join data.training as t on (t.town_id, t.meeting_id) = (m.town_id, m.meeting_id)
    where l.kind in ('training', 'study_visit') and l.counted and l.rule = 'attended'
    union all
    select s.person_id, 'self_study', 'self_study', s.code, s.title, s.studied_on, s.hours
    from data.self_study as s
    where s.town_id = lv.town_id() and s.studied_on between from_on and to_on and s.state = 'confirmed';
end
$$;

-- The last day of a year that can be looked at: its end, or today.
create function lv.year_end(in_year int) returns date language plpgsql stable as $$
declare
    today date := lv.today();
begin
    perform lv.demand_value(in_year is not null, 'year');
    perform lv.demand(
        in_year between 2000 and extract(year from today)::int, 'invalid', 'year_range', 'year', in_year::text
    );
    return least(make_date(in_year, 12, 31), today);
end
$$;

-- The mandates in office on a day, by level and group.
create function lv.seats(day date) returns table (person_id uuid, level text, group_id uuid)
language plpgsql stable rows 500 as $$
begin
    return query
    select distinct m.person_id, m.level, m.group_id
    from data.mandate as m
    join lv.mandate_days as d on (d.town_id, d.mandate_id) = (m.town_id, m.mandate_id)
    where m.town_id = lv.town_id() and d.days @> day;
end
$$;

-- Leaders and rooms: their own group's.
create function lv.trained_seen(who data.caller, in_year int) returns table (
    person_id uuid, form text, subject text, code text, title text, day_on date, hours int
) language plpgsql stable rows 1000 as $$
declare
    last date := lv.year_end(in_year);
begin
    return query
    select t.*
    from lv.trained(make_date(in_year, 1, 1), last) as t
    where lv.leave_in_scope(who, t.person_id, last);
end
$$;

create function lv.training_coverage(who data.caller, in_year int) returns table (
    by text, code text, in_office int, trained int, percent double precision, hours int, without_hours int,
    everybody int, key int, tiered int, self_study int
) language plpgsql stable as $$
declare
    last date := lv.year_end(in_year);
begin
    return query
    with part as (
        select distinct x.by, x.code, s.person_id
        from lv.seats(last) as s
        join data.deputy_group as g on (g.town_id, g.group_id) = (lv.town_id(), s.group_id)
        cross join lateral (values ('level', s.level), ('group', g.code), ('all', 'all')) as x (by, code)
        where lv.leave_in_scope(who, s.person_id, last)
    ),
    done as materialized (
        select t.* from lv.trained(make_date(in_year, 1, 1), last) as t
    )
    select
        p.by, p.code, count(distinct p.person_id)::int, count(distinct d.person_id)::int,
        round(100.0 * count(distinct d.person_id) / count(distinct p.person_id), 1)::float8,
        coalesce(sum(d.hours), 0)::int,
        count(*) filter (where d.person_id is not null and d.hours is null)::int,
        count(distinct d.person_id) filter (where d.form = 'everybody')::int,
        count(distinct d.person_id) filter (where d.form = 'key')::int,
        count(distinct d.person_id) filter (where d.form = 'tiered')::int,
        count(distinct d.person_id) filter (where d.form = 'self_study')::int
    from part as p
    left join done as d on d.person_id = p.person_id
    group by p.by, p.code;
end
$$;
