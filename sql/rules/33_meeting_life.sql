-- The life of a meeting or activity: planned, its people told, held, minuted, approved, locked (rules.md section 2,
-- domain.md E3). Which step leads where and whose it is stands in 21_transitions.sql; here is what each step needs and
-- leaves behind. Leaves: 34_leave.sql. Marks: 32_meetings.sql and 35_corrections.sql.

-- Days and people.

-- Told later than this, an absence is not_liable.
create function lv.notify_by(kind text, held_on date) returns date language sql stable as $$
    select held_on - lv.setting(
        case kind when 'congress_session' then 'notice_days_congress' else 'notice_days_other' end, held_on
    )::int
$$;

create function lv.in_office(person uuid, day date) returns boolean language plpgsql stable as $$
begin
    return exists (
        select from lv.mandate_days as d
        where (d.town_id, d.person_id) = (lv.town_id(), person) and d.days @> day
    );
end
$$;

create function lv.presidium(day date) returns setof uuid language sql stable as $$
    select distinct p.person_id
    from data.post as p
    where
        p.town_id = lv.town_id() and p.role in ('chair', 'presidium_member') and p.void_reason is null
        and p.starts_on <= day and coalesce(day < p.ends_on, true) and lv.in_office(p.person_id, day)
$$;

-- Those in office on the day: through a mandate of this group or level, or through any where both are null. A mandate
-- that is suspended still makes its holder one of the group.
create function lv.deputies_on(of_group uuid, of_level text, day date) returns setof uuid language sql stable as $$
    select m.person_id
    from data.mandate as m
    where
        m.town_id = lv.town_id() and m.void_reason is null
        and m.starts_on <= day and coalesce(day < m.ends_on, true)
        and (of_group is null or m.group_id = of_group) and (of_level is null or m.level = of_level)
    intersect
    select d.person_id
    from lv.mandate_days as d
    where d.town_id = lv.town_id() and d.days @> day
$$;

-- Whom a meeting concerns when nobody is named.
create function lv.people_asked(m data.meeting) returns setof uuid language plpgsql stable as $$
begin
    if m.kind = 'presidium_meeting' then
        return query select lv.presidium(m.held_on);
    else
        return query
        select lv.deputies_on(m.group_id, case m.kind when 'congress_session' then 'town' end, m.held_on);
    end if;
end
$$;

-- Figures.

create function lv.attended(meeting uuid) returns int language sql stable as $$
    select count(*)::int
    from lv.present_mark as p
    where p.town_id = lv.town_id() and p.meeting_id = meeting and p.mark in ('present', 'late', 'left_early')
$$;

-- How many must have come; null: none is asked for. Of a congress session: of all town deputies in office; of the
-- presidium's: of its members; of others: of the roll.
create function lv.quorum(m data.meeting) returns int language plpgsql stable as $$
declare
    thirds int := lv.setting(
        case m.kind
            when 'congress_session' then 'quorum_thirds_congress'
            when 'presidium_meeting' then 'quorum_thirds_presidium'
            else 'quorum_thirds_other'
        end,
        m.held_on
    );
    whole int := case
        when thirds = 0 then 0
        when m.kind = 'congress_session' then (select count(*) from lv.deputies_on(null, 'town', m.held_on))
        when m.kind = 'presidium_meeting' then (select count(*) from lv.presidium(m.held_on))
        else (
            select count(*) from data.roll_line as r where (r.town_id, r.meeting_id) = (m.town_id, m.meeting_id)
        )
    end;
begin
    return nullif(ceil(whole * thirds / 3.0), 0)::int;
end
$$;

-- Lines of the roll without a proof of notice in time.
create function lv.told_too_late(m data.meeting) returns int language plpgsql stable as $$
declare
    by_on date := lv.notify_by(m.kind, m.held_on);
begin
    return (
        select count(*)
        from data.roll_line as r
        where (r.town_id, r.meeting_id) = (m.town_id, m.meeting_id) and coalesce(r.notified_on > by_on, true)
    );
end
$$;

-- Codes of those on the roll whose line is `unknown`: in office, and without a mark.
create function lv.unknown_marks(m data.meeting) returns text[] language sql stable as $$
    select coalesce(array_agg(p.code order by p.code), '{}')
    from lv.roll_lines(m.held_on, m.held_on) as l
    join data.person as p on (p.town_id, p.person_id) = (lv.town_id(), l.person_id)
    where l.meeting_id = m.meeting_id and l.status = 'unknown'
$$;

-- Have the latest minutes been confirmed? A new revision and a sending back take a confirmation back.
create function lv.minutes_confirmed(meeting uuid) returns boolean language sql stable as $$
    select coalesce(
        (
            select s.action = 'confirm'
            from data.step as s
            where
                (s.town_id, s.record_id, s.subject) = (lv.town_id(), meeting, 'meeting')
                and s.action in ('write_minutes', 'confirm', 'send_back')
            order by s.step_no desc
            limit 1
        ),
        false
    )
$$;

-- The present minutes' revision and writer; null: there are none, or they were imported.
create function lv.latest_minutes(meeting uuid) returns data.minutes language sql stable as $$
    select d
    from data.minutes as d
    where (d.town_id, d.meeting_id) = (lv.town_id(), meeting)
    order by d.revision desc
    limit 1
$$;

-- What the caller could do with a meeting now: of a town's meeting, clerks and leaders prove notice and ask for
-- corrections for their own deputies; some steps are one role's for some meetings only.
create function lv.meeting_actions(who data.caller, m data.meeting) returns text[] language sql stable as $$
    select coalesce(array_agg(a.action order by a.action), '{}')
    from unnest(lv.actions_open('meeting', m.state, (who).role)) as a (action)
    where
        (
            lv.in_scope(who, m.group_id, null, null)
            or (who).role in ('clerk', 'leader') and m.group_id is null
            and a.action in ('prove_notice', 'ask_correction')
        )
        and case a.action
            when 'confirm' then ((who).role = 'leader') = (m.group_id is not null)
            when 'approve' then
                (who).role = 'chair' or m.kind not in ('congress_session', 'presidium_meeting')
            else true
        end
$$;

-- Taking a step.

-- The meeting of this id, kept from other steps until this one is done.
create function lv.hold_meeting(id uuid) returns data.meeting language plpgsql volatile as $$
declare
    m data.meeting;
begin
    select d.* into m
    from data.meeting as d
    where (d.town_id, d.meeting_id) = (lv.town_id(), id)
    for no key update;
    perform lv.demand(found, 'not_found', 'meeting_unknown', 'meeting', coalesce(id::text, ''));
    return m;
end
$$;

-- A notice in the account of each of these people.
create function lv.tell_people(who data.caller, op data.op, m data.meeting, people uuid[], word text)
returns void language sql volatile as $$
    insert into data.notice (
        town_id, notice_id, person_id, subject, record_id, title, text, sent_at, sender_id, op_id
    )
    select
        (who).town_id, gen_random_uuid(), p.person_id, 'meeting', m.meeting_id, m.title,
        concat_ws('，', word, m.held_on::text, nullif(m.place, '')), lv.now(), (who).account_id, (op).op_id
    from unnest(people) as p (person_id)
$$;

create function lv.roll(m data.meeting) returns uuid[] language sql stable as $$
    select array_agg(r.person_id)
    from data.roll_line as r
    where (r.town_id, r.meeting_id) = (m.town_id, m.meeting_id)
$$;

-- Another day was set: everybody on the roll must be told anew. What had been proved stays in notice_proof.
create function lv.thaw_roll(who data.caller, op data.op, m data.meeting) returns void
language sql volatile as $$
    with thawed as (
        update data.roll_line as r
        set notice = 'none', notified_on = null
        where (r.town_id, r.meeting_id) = (m.town_id, m.meeting_id) and r.notice <> 'none'
        returning r.person_id
    )
    insert into data.notice_proof (
        town_id, meeting_id, person_id, op_id, notice, notified_on, author_id, device_id, recorded_at
    )
    select
        m.town_id, m.meeting_id, t.person_id, (op).op_id, 'none', null, (who).account_id, (who).device_id, lv.now()
    from thawed as t
$$;

-- Planning.

-- What each kind needs.
create function lv.demand_meeting_fields(m data.meeting) returns void language plpgsql stable as $$
declare
    wrong text;
begin
    perform lv.demand_value(m.kind is not null, 'kind');
    perform lv.demand_value(m.title <> '', 'title');
    perform lv.demand_value(m.held_on is not null, 'held_on');
    perform lv.demand(
        m.kind not in ('congress_session', 'presidium_meeting') or m.group_id is null, 'invalid', 'town_kind',
        'kind', m.kind
    );
    perform lv.demand_value(m.kind <> 'group_meeting' or m.group_id is not null, 'group_id');
    perform lv.demand_value('' <> all (m.agenda), 'agenda');
    perform lv.demand_value('' <> all (m.laws) and (m.kind <> 'law_check' or cardinality(m.laws) > 0), 'laws');
    perform lv.demand_value(m.kind <> 'deliberation' or coalesce(m.document, '') <> '', 'document');
    perform lv.demand_value(m.kind <> 'duty_report' or cardinality(m.appraisees) > 0, 'appraisees');
    wrong := (
        select a.appraisee
        from unnest(m.appraisees) as a (appraisee)
        where a.appraisee not in ('group_head', 'village_head', 'deputy')
        limit 1
    );
    perform lv.demand(wrong is null, 'invalid', 'bad_value', 'column', 'appraisees', 'value', wrong);
    perform lv.demand_value(m.kind <> 'work_review' or m.unit_id is not null, 'unit_id');
    perform lv.demand_value(
        m.kind <> 'inspection' or m.unit_id is not null or coalesce(m.place, '') <> '', 'place'
    );
    perform lv.demand(
        m.group_id is null
        or exists (select from data.deputy_group as g where (g.town_id, g.group_id) = (m.town_id, m.group_id)),
        'not_found', 'group_unknown', 'group', m.group_id::text
    );
    perform lv.demand(
        m.unit_id is null or exists (select from data.unit as u where (u.town_id, u.unit_id) = (m.town_id, m.unit_id)),
        'not_found', 'unit_unknown', 'unit', m.unit_id::text
    );
end
$$;

-- Plans a meeting; of one that is planned or postponed it changes what is given.
create function lv.plan_meeting(
    who data.caller, op data.op, id uuid, new_kind text, new_title text, new_group uuid, new_unit uuid, new_day date,
    new_place text, new_agenda text[], new_laws text[], new_document text, new_appraisees text[], written_no text
) returns table (code text, notify_by_on date, short_notice boolean, room_no text) language plpgsql volatile as $$
#variable_conflict use_column
declare
    before data.meeting;
    m data.meeting;
    today date := lv.today();
    of_group boolean := (who).role in ('clerk', 'leader');
    given_no text;
begin
    perform lv.demand_value(id is not null, 'meeting_id');
    select d.* into before
    from data.meeting as d
    where (d.town_id, d.meeting_id) = ((who).town_id, id)
    for no key update;
    m := before;
    if before.meeting_id is null then
        m.town_id := (who).town_id;
        m.meeting_id := id;
        m.state := 'planned';
        m.group_id := case when of_group then (who).group_id end;
        m.agenda := '{}';
        m.laws := '{}';
        m.appraisees := '{}';
        perform lv.demand_step(who, 'meeting', 'plan', 'new', coalesce(new_title, ''));
    else
        perform lv.demand_scope(who, before.group_id, null, null, 'meeting', before.code);
        perform lv.demand_step(who, 'meeting', 'change', before.state, before.code);
    end if;
    m.kind := coalesce(new_kind, m.kind);
    m.title := coalesce(nullif(new_title, ''), m.title);
    m.group_id := coalesce(new_group, m.group_id);
    m.unit_id := coalesce(new_unit, m.unit_id);
    m.held_on := coalesce(new_day, m.held_on);
    m.place := coalesce(nullif(new_place, ''), m.place);
    m.agenda := coalesce(nullif(new_agenda, '{}'), m.agenda);
    m.laws := coalesce(nullif(new_laws, '{}'), m.laws);
    m.document := coalesce(nullif(new_document, ''), m.document);
    m.appraisees := coalesce(nullif(new_appraisees, '{}'), m.appraisees);
    perform lv.demand(
        not of_group or coalesce(m.kind, '') not in ('congress_session', 'presidium_meeting'), 'forbidden',
        'town_kind', 'kind', m.kind
    );
    perform lv.demand_scope(who, m.group_id, null, null, 'meeting', coalesce(m.code, m.title, ''));
    perform lv.demand_meeting_fields(m);
    perform lv.demand(
        m.held_on >= today or m.held_on = before.held_on, 'invalid', 'day_past', 'day', m.held_on::text
    );
    perform lv.demand_term_open(m.held_on);
    if before.meeting_id is null then
        m.code := lv.next_code('meeting');
        insert into data.meeting select (m).* on conflict do nothing;
        perform lv.demand(found, 'conflict', 'operation_repeated'); -- another plan of this id was quicker
        if lv.is_numbered(who, m.group_id, written_no) then
            given_no := lv.take_room_no(op, m.group_id, 'meeting', id, written_no);
        end if;
        perform lv.add_step(
            who, op, 'meeting', id, 'plan', 'new', m.state, null, jsonb_build_object('room_no', given_no)
        );
    else
        given_no := lv.room_no_of(id);
        perform lv.demand(
            coalesce(upper(trim(written_no)), '') in ('', given_no), 'invalid', 'room_no_at_first', 'meeting', m.code
        );
        if m.held_on <> before.held_on then
            perform lv.thaw_roll(who, op, m);
            m.postponed_from := case m.state
                when 'postponed' then coalesce(m.postponed_from, before.held_on)
                else m.postponed_from
            end;
        end if;
        update data.meeting as d
        set (
            kind, title, group_id, unit_id, held_on, place, agenda, laws, document, appraisees, postponed_from
        ) = (
            m.kind, m.title, m.group_id, m.unit_id, m.held_on, m.place, m.agenda, m.laws, m.document, m.appraisees,
            m.postponed_from
        )
        where (d.town_id, d.meeting_id) = (m.town_id, id);
        perform lv.add_step(
            who, op, 'meeting', id, 'change', m.state, m.state, null, coalesce(
                (
                    select jsonb_object_agg(b.key, b.value)
                    from jsonb_each(to_jsonb(before)) as b
                    where b.value is distinct from to_jsonb(m) -> b.key
                ),
                '{}'
            )
        );
    end if;
    return query
    select m.code, n.by_on, today > n.by_on, given_no
    from (select lv.notify_by(m.kind, m.held_on) as by_on) as n;
end
$$;

-- Telling people.

-- What a request says of how people were told: a day that is not given is today, `none` has no day, and what one line
-- does not say the default says.
create function lv.notice_lines(
    people uuid[], notices text[], days date[], default_notice text, default_on date
) returns table (person_id uuid, notice text, notified_on date) language plpgsql stable as $$
#variable_conflict use_column
declare
    line record;
    today date := lv.today();
begin
    for line in
        select
            coalesce(u.notice, default_notice) as notice,
            coalesce(u.day, case when u.notice is null then default_on end) as day
        from unnest(people, notices, days) as u (person_id, notice, day)
        union all
        select default_notice, default_on
    loop
        perform lv.demand_value(line.notice is not null or line.day is null, 'notice');
        perform lv.demand(
            coalesce(line.notice = 'none' or line.day <= today, true), 'invalid', 'notice_in_future',
            'day', line.day::text
        );
    end loop;
    return query
    select
        u.person_id, n.notice,
        case when n.notice <> 'none' then coalesce(u.day, case when u.notice is null then default_on end, today) end
    from unnest(people, notices, days) as u (person_id, notice, day)
    cross join lateral (select coalesce(u.notice, default_notice, 'none') as notice) as n;
end
$$;

-- Refuses unless each of these people may be put on the roll by the caller: in office on the day, and, for clerks and
-- leaders, of their own group.
create function lv.demand_people(who data.caller, m data.meeting, people uuid[]) returns void
language plpgsql stable as $$
declare
    p record;
begin
    for p in
        select u.person_id, coalesce(d.code, u.person_id::text) as code, d.code is not null as known, count(*) as times
        from unnest(people) as u (person_id)
        left join data.person as d on (d.town_id, d.person_id) = ((who).town_id, u.person_id)
        group by u.person_id, d.code
        order by d.code
    loop
        perform lv.demand_value(p.person_id is not null, 'person_id');
        perform lv.demand(p.known, 'not_found', 'person_unknown', 'person', p.code);
        perform lv.demand(p.times = 1, 'invalid', 'same_person_twice', 'person', p.code);
        perform lv.demand(
            (who).role not in ('clerk', 'leader') or lv.stands_in_group(p.person_id, (who).group_id, m.held_on),
            'forbidden', 'not_your_deputy', 'person', p.code
        );
        perform lv.demand(
            lv.in_office(p.person_id, m.held_on), 'invalid', 'person_not_in_office', 'person', p.code,
            'day', m.held_on::text
        );
    end loop;
end
$$;

-- Puts people on the roll, or says anew how those on it were told.
create function lv.set_notices(
    who data.caller, op data.op, m data.meeting, people uuid[], notices text[], days date[]
) returns void language sql volatile as $$
    with line as (
        insert into data.roll_line (town_id, meeting_id, person_id, notice, notified_on)
        select m.town_id, m.meeting_id, u.person_id, u.notice, u.day
        from unnest(people, notices, days) as u (person_id, notice, day)
        on conflict (town_id, meeting_id, person_id) do update set (notice, notified_on)
            = (excluded.notice, excluded.notified_on)
        returning person_id, notice, notified_on
    )
    insert into data.notice_proof (
        town_id, meeting_id, person_id, op_id, notice, notified_on, author_id, device_id, recorded_at
    )
    select
        m.town_id, m.meeting_id, l.person_id, (op).op_id, l.notice, l.notified_on, (who).account_id,
        (who).device_id, lv.now()
    from line as l
    where
        l.notice <> 'none'
        -- as it was before this statement: a proof is taken back
        or exists (
            select from data.roll_line as r
            where (r.town_id, r.meeting_id, r.person_id) = (m.town_id, m.meeting_id, l.person_id) and r.notice <> 'none'
        )
$$;

-- Freezes the roll: those named, or everybody whom the meeting concerns. Who stood on it before it was planned anew
-- stays.
create function lv.notify_meeting(
    who data.caller, op data.op, id uuid, people uuid[], notices text[], days date[], notice text, told_on date
) returns table (on_roll int, told_too_late int, notify_by_on date) language plpgsql volatile as $$
declare
    m data.meeting := lv.hold_meeting(id);
    named uuid[] := coalesce(people, '{}');
    others uuid[];
    lines record;
begin
    perform lv.demand_scope(who, m.group_id, null, null, 'meeting', m.code);
    perform lv.demand_step(who, 'meeting', 'notify', m.state, m.code);
    perform lv.demand_people(who, m, named);
    others := array(
        select p.person_id
        from (
            select lv.people_asked(m) as person_id where named = '{}'
            union
            select unnest(lv.roll(m))
        ) as p
        where p.person_id <> all (named)
    );
    select array_agg(l.person_id) as people, array_agg(l.notice) as notices, array_agg(l.notified_on) as days
    into lines
    from lv.notice_lines(
        named || others,
        notices || array_fill(null::text, array[cardinality(others)]),
        days || array_fill(null::date, array[cardinality(others)]), notice, told_on
    ) as l;
    perform lv.demand(lines.people is not null, 'conflict', 'roll_empty', 'meeting', m.code);
    perform lv.set_notices(who, op, m, lines.people, lines.notices, lines.days);
    update data.meeting as d set state = 'notified' where (d.town_id, d.meeting_id) = (m.town_id, id);
    perform lv.tell_people(who, op, m, lines.people, '请出席');
    on_roll := cardinality(lines.people);
    told_too_late := lv.told_too_late(m);
    notify_by_on := lv.notify_by(m.kind, m.held_on);
    perform lv.add_step(
        who, op, 'meeting', id, 'notify', m.state, 'notified', null,
        jsonb_build_object('on_roll', on_roll, 'told_too_late', told_too_late, 'held_on', m.held_on)
    );
    return next;
end
$$;

create function lv.person_codes(people uuid[]) returns text language sql stable as $$
    select string_agg(p.code, ' ' order by p.code)
    from data.person as p
    where p.town_id = lv.town_id() and p.person_id = any (people)
$$;

-- Adds people to a frozen roll, and proves that those on it were told: each is a step of its own.
create function lv.notify_people(
    who data.caller, op data.op, id uuid, people uuid[], notices text[], days date[]
) returns table (added int, proved int, told_too_late int, notify_by_on date) language plpgsql volatile as $$
declare
    m data.meeting := lv.hold_meeting(id);
    new_people uuid[] := array(select unnest(people) except select unnest(lv.roll(m)));
    old_people uuid[] := array(select unnest(people) intersect select unnest(lv.roll(m)));
    others_too boolean := m.group_id is not null or (who).role not in ('clerk', 'leader');
    lines record;
begin
    if others_too or new_people <> '{}' then
        perform lv.demand_scope(who, m.group_id, null, null, 'meeting', m.code);
    end if;
    if new_people <> '{}' then
        perform lv.demand_step(who, 'meeting', 'add_people', m.state, m.code);
    end if;
    if new_people = '{}' or old_people <> '{}' then
        perform lv.demand_step(who, 'meeting', 'prove_notice', m.state, m.code);
    end if;
    perform lv.demand_value(cardinality(people) > 0, 'people');
    perform lv.demand_people(who, m, new_people);
    perform lv.demand(
        others_too or lv.stands_in_group(o.person_id, (who).group_id, m.held_on), 'forbidden', 'not_your_deputy',
        'person', lv.person_codes(array[o.person_id])
    )
    from unnest(old_people) as o (person_id);
    perform lv.demand(count(*) = 1, 'invalid', 'same_person_twice', 'person', lv.person_codes(array[p.person_id]))
    from unnest(people) as p (person_id)
    group by p.person_id;
    perform lv.demand_value(p.notice is not null or p.person_id = any (new_people), 'notice')
    from unnest(people, notices) as p (person_id, notice);
    select array_agg(l.person_id) as people, array_agg(l.notice) as notices, array_agg(l.notified_on) as days
    into lines
    from lv.notice_lines(people, notices, days, null, null) as l;
    perform lv.set_notices(who, op, m, lines.people, lines.notices, lines.days);
    added := cardinality(new_people);
    proved := cardinality(old_people);
    notify_by_on := lv.notify_by(m.kind, m.held_on);
    told_too_late := (
        select count(*) from unnest(lines.days) as d (day) where coalesce(d.day > notify_by_on, true)
    );
    if added > 0 then
        perform lv.tell_people(who, op, m, new_people, '请出席');
        perform lv.add_step(
            who, op, 'meeting', id, 'add_people', m.state, m.state, null,
            jsonb_build_object('people', lv.person_codes(new_people))
        );
    end if;
    if proved > 0 then
        perform lv.add_step(
            who, op, 'meeting', id, 'prove_notice', m.state, m.state, null,
            jsonb_build_object('people', lv.person_codes(old_people))
        );
    end if;
    return next;
end
$$;

-- Minutes.

-- A new revision; what was imported before the first one is kept as a revision of nobody's.
create function lv.write_minutes(
    who data.caller, op data.op, id uuid, new_text text, decisions text[], in_favour int[], against int[],
    abstained int[]
) returns int language plpgsql volatile as $$
declare
    m data.meeting := lv.hold_meeting(id);
    latest data.minutes := lv.latest_minutes(id);
    last int := coalesce(latest.revision, 0);
    attended int := lv.attended(id);
    d record;
begin
    perform lv.demand_scope(who, m.group_id, null, null, 'meeting', m.code);
    perform lv.demand_step(who, 'meeting', 'write_minutes', m.state, m.code);
    perform lv.demand_value(new_text <> '', 'text');
    for d in
        select u.*
        from unnest(decisions, in_favour, against, abstained) as u (text, in_favour, against, abstained)
    loop
        perform lv.demand_value(d.text <> '', 'decision');
        perform lv.demand(
            coalesce(least(d.in_favour, d.against, d.abstained), 0) >= 0, 'invalid', 'bad_number',
            'value', least(d.in_favour, d.against, d.abstained)::text
        );
        perform lv.demand(
            coalesce(d.in_favour, 0)::bigint + coalesce(d.against, 0) + coalesce(d.abstained, 0) <= attended,
            'invalid', 'votes_exceed_present', 'decision', d.text, 'attended', attended::text
        );
    end loop;
    if coalesce(m.minutes, '') <> '' and m.minutes is distinct from latest.text then
        last := last + 1;
        insert into data.minutes (town_id, meeting_id, revision, text, op_id, recorded_at)
        values (m.town_id, id, last, m.minutes, (op).op_id, lv.now());
    end if;
    last := last + 1;
    insert into data.minutes (town_id, meeting_id, revision, text, author_id, device_id, op_id, recorded_at)
    values (m.town_id, id, last, new_text, (who).account_id, (who).device_id, (op).op_id, lv.now());
    insert into data.decision (town_id, meeting_id, revision, position, text, in_favour, against, abstained)
    select
        m.town_id, id, last, u.position, u.text, coalesce(u.in_favour, 0), coalesce(u.against, 0),
        coalesce(u.abstained, 0)
    from unnest(decisions, in_favour, against, abstained)
        with ordinality as u (text, in_favour, against, abstained, position);
    update data.meeting as t set minutes = new_text where (t.town_id, t.meeting_id) = (m.town_id, id);
    perform lv.add_step(
        who, op, 'meeting', id, 'write_minutes', m.state, m.state, null, jsonb_build_object('revision', last)
    );
    return last;
end
$$;

-- The guards of the steps that concern the minutes.
create function lv.demand_minutes(who data.caller, m data.meeting, do_action text) returns void
language plpgsql stable as $$
declare
    confirmed boolean := lv.minutes_confirmed(m.meeting_id);
    writer uuid := (lv.latest_minutes(m.meeting_id)).author_id;
    unknown text[];
begin
    if do_action = 'confirm' then
        perform lv.demand(
            ((who).role = 'leader') = (m.group_id is not null), 'forbidden', 'confirm_whose', 'meeting', m.code
        );
    elsif do_action = 'approve' then
        perform lv.demand(
            (who).role = 'chair' or m.kind not in ('congress_session', 'presidium_meeting'), 'forbidden',
            'chair_approves', 'meeting', m.code
        );
    end if;
    perform lv.demand(coalesce(m.minutes, '') <> '', 'conflict', 'minutes_missing', 'meeting', m.code);
    if do_action = 'confirm' then
        perform lv.demand(not confirmed, 'conflict', 'minutes_confirmed', 'meeting', m.code);
        perform lv.demand(
            not lv.is_same_actor(who, writer), 'forbidden', 'confirm_own_minutes', 'meeting', m.code
        );
    elsif do_action = 'approve' then
        perform lv.demand(confirmed, 'conflict', 'minutes_not_confirmed', 'meeting', m.code);
        unknown := lv.unknown_marks(m);
        perform lv.demand(
            unknown = '{}', 'conflict', 'unknown_marks', 'meeting', m.code, 'people', array_to_string(unknown, ' ')
        );
        perform lv.demand(
            not lv.is_same_actor(who, writer), 'forbidden', 'approve_own_minutes', 'meeting', m.code
        );
    end if;
end
$$;

-- The other steps.

create function lv.move_meeting(
    who data.caller, op data.op, id uuid, do_action text, note text, new_day date
) returns table (state text, unknown text[], attended int, quorum int, told_too_late int)
language plpgsql volatile as $$
#variable_conflict use_variable
declare
    m data.meeting := lv.hold_meeting(id);
    today date := lv.today();
    before text := m.state;
    facts jsonb := '{}';
begin
    note := nullif(note, '');
    perform lv.demand_scope(who, m.group_id, null, null, 'meeting', m.code);
    perform lv.demand_step(who, 'meeting', do_action, m.state, m.code);
    perform lv.demand_value(note is not null or do_action not in ('send_back', 'cancel', 'postpone'), 'note');
    case do_action
        when 'open' then
            perform lv.demand(
                today >= m.held_on, 'conflict', 'meeting_not_yet', 'meeting', m.code, 'day', m.held_on::text
            );
            m.state := 'open';
        when 'close' then
            m.state := 'closed';
        when 'confirm', 'send_back', 'approve' then
            perform lv.demand_minutes(who, m, do_action);
            facts := jsonb_build_object('revision', (lv.latest_minutes(id)).revision);
            if do_action = 'approve' then
                m.state := 'approved';
                m.approved_on := today;
            end if;
        when 'lock' then
            m.state := 'locked';
        when 'cancel' then
            m.state := 'cancelled';
        when 'postpone', 'replan' then
            -- The day may have been named when it was postponed.
            perform lv.demand_value(
                do_action = 'postpone' or new_day is not null or m.held_on <> m.postponed_from, 'held_on'
            );
            facts := jsonb_build_object('held_on', m.held_on);
            m.postponed_from := coalesce(m.postponed_from, m.held_on);
            m.held_on := coalesce(new_day, m.held_on);
            perform lv.demand(
                m.held_on >= today or do_action = 'postpone' and new_day is null, 'invalid', 'day_past',
                'day', m.held_on::text
            );
            m.state := case do_action when 'replan' then 'planned' else 'postponed' end;
    end case;
    if do_action in ('close', 'cancel') then
        facts := jsonb_build_object('attended', lv.attended(id), 'quorum', lv.quorum(m));
    end if;
    update data.meeting as d
    set (state, held_on, postponed_from, approved_on) = (m.state, m.held_on, m.postponed_from, m.approved_on)
    where (d.town_id, d.meeting_id) = (m.town_id, id);
    if do_action = 'replan' then
        perform lv.thaw_roll(who, op, m);
    elsif do_action in ('cancel', 'postpone') and before in ('notified', 'open') then
        perform lv.tell_people(
            who, op, m, lv.roll(m), case do_action when 'cancel' then '会议取消：' else '会议推迟：' end || note
        );
    end if;
    perform lv.add_step(who, op, 'meeting', id, do_action, before, m.state, note, facts);
    state := m.state;
    unknown := lv.unknown_marks(m);
    attended := lv.attended(id);
    quorum := lv.quorum(m);
    told_too_late := lv.told_too_late(m);
    return next;
end
$$;
