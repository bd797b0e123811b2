-- 换届: the end of a congress's term. It ends by an event, the first session of the next congress (Deputies Law art. 2,
-- Organic Law art. 9, 38), so a term is closed on that day or after it, never ahead. domain.md B1.1, D2.15.
--
-- What keeps a closed term as it is: at its closing every meeting held in it is locked or cancelled, so that of its
-- steps only the chair's corrections are left (21_transitions.sql), and of its marks (lv.mark_rule); nothing new may
-- be dated into it (lv.demand_term_open); an import may not touch its meetings and their rolls (42_import_check.sql).

-- The day before which everything is of a closed term; null: none was closed.
create function lv.closed_before() returns date language sql stable as $$
    select t.term_starts_on
    from data.town as t
    where
        t.town_id = lv.town_id()
        and exists (select from data.term as c where c.town_id = t.town_id and c.closed_at is not null)
$$;

-- For whoever gives a record a day.
create function lv.demand_term_open(day date) returns void language plpgsql stable as $$
declare
    open_from date := lv.closed_before();
begin
    perform lv.demand(
        coalesce(day >= open_from, true), 'conflict', 'term_closed', 'day', day::text, 'open_from', open_from::text
    );
end
$$;

-- All terms that are known, the present one too.
create function lv.terms() returns table (term text, starts_on date, closed_at timestamptz, closed_by uuid)
language sql stable as $$
    select t.term, t.starts_on, t.closed_at, t.closed_by
    from data.term as t
    where t.town_id = lv.town_id()
    union all
    select d.term, d.term_starts_on, null, null
    from data.town as d
    where d.town_id = lv.town_id() and not exists (select from data.term as t where t.town_id = d.town_id)
$$;

-- The term that a day is of; null: before the first that is known.
create function lv.term_of(day date) returns text language sql stable as $$
    select t.term from lv.terms() as t where t.starts_on <= day order by t.starts_on desc limit 1
$$;

create type lv.term_item as (
    subject text,
    record_id uuid,
    code text,
    title text,
    state text,
    blocking boolean,
    rule text, -- what is to be done about it
    origin_term text,
    since_on date,
    age_days int,
    due_on date,
    holder text
);

-- Meetings held before the new term that are not settled, and what waits for a word on their rolls: all of it decides
-- the old term's figures, so it must be done first.
create function lv.term_meetings(new_day date) returns setof lv.term_item language plpgsql stable as $$
begin
    return query
    select
        'meeting', m.meeting_id, m.code, m.title, m.state, true,
        case
            when m.state in ('planned', 'notified', 'postponed') then 'term_meeting_not_held'
            when m.state = 'open' then 'term_meeting_open'
            when lv.is_unmarked(m.meeting_id, m.held_on) then 'term_meeting_unmarked'
            else 'term_meeting_not_approved'
        end,
        lv.term_of(m.held_on), m.held_on, null::int, null::date, coalesce(g.name, '全镇')
    from data.meeting as m
    left join data.deputy_group as g on (g.town_id, g.group_id) = (m.town_id, m.group_id)
    where
        m.town_id = lv.town_id() and m.held_on < new_day
        and m.state in ('planned', 'notified', 'postponed', 'open', 'closed');
    return query
    select
        'leave', m.meeting_id, m.code || ' ' || p.code, m.title, l.decision, true, 'term_leave', lv.term_of(m.held_on),
        l.asked_on, null::int, null::date, p.name
    from data.leave as l
    join data.meeting as m on (m.town_id, m.meeting_id) = (l.town_id, l.meeting_id)
    join data.person as p on (p.town_id, p.person_id) = (l.town_id, l.person_id)
    where
        l.town_id = lv.town_id() and l.decision = 'pending' and l.void_reason is null
        and m.held_on < new_day and m.state not in ('cancelled', 'postponed');
    return query
    select
        'correction', m.meeting_id, m.code || ' ' || p.code, m.title, null, true, 'term_correction',
        lv.term_of(m.held_on), (q.asked_at at time zone t.time_zone)::date, null::int, null::date, p.name
    from data.mark_request as q
    join data.town as t on t.town_id = q.town_id
    join data.meeting as m on (m.town_id, m.meeting_id) = (q.town_id, q.meeting_id)
    join data.person as p on (p.town_id, p.person_id) = (q.town_id, q.person_id)
    where q.town_id = lv.town_id() and q.decision is null and m.held_on < new_day;
    return query
    select
        'appraisal', t.appraisal_id, t.code, m.title, t.state, true, 'term_appraisal', lv.term_of(m.held_on), m.held_on,
        null::int, null::date, coalesce(t.subject, p.name, u.name)
    from data.tally as t
    join data.meeting as m on (m.town_id, m.meeting_id) = (t.town_id, t.meeting_id)
    left join data.person as p on (p.town_id, p.person_id) = (t.town_id, t.person_id)
    left join data.unit as u on (u.town_id, u.unit_id) = (t.town_id, t.unit_id)
    where
        t.town_id = lv.town_id() and m.held_on < new_day and t.state in ('counting', 'differing', 'counted');
    return query
    select
        'self_study', s.self_study_id, s.code, s.title, s.state, true, 'term_self_study', lv.term_of(s.studied_on),
        s.studied_on, null::int, null::date, p.name
    from data.self_study as s
    join data.person as p on (p.town_id, p.person_id) = (s.town_id, s.person_id)
    where s.town_id = lv.town_id() and s.state = 'noted' and s.studied_on < new_day;
end
$$;

-- What goes on in the new term, with the age that it has: no closing begins it anew. It began before the new term.
create function lv.term_matters(new_day date) returns setof lv.term_item language plpgsql stable as $$
declare
    today date := lv.today();
begin
    return query
    select
        'feedback', f.feedback_id, f.code, f.topic, f.state, false,
        case when f.state = 'promised' then 'term_promise' else 'term_carried' end, lv.term_of(f.received_on),
        f.received_on, lv.feedback_age(f, today),
        case f.state
            when 'promised' then f.promised_on else coalesce(f.extended_to, f.due_on, f.step_due_on)
        end,
        coalesce(u.name, g.name)
    from data.feedback as f
    join data.deputy_group as g on (g.town_id, g.group_id) = (f.town_id, f.group_id)
    left join data.unit as u on (u.town_id, u.unit_id) = (f.town_id, f.unit_id)
    where
        f.town_id = lv.town_id() and f.received_on < new_day and f.state not in ('closed', 'withdrawn', 'void');
    return query
    select
        'suggestion', s.suggestion_id, s.code, s.title, s.state, false,
        case when s.state in ('promised', 'broken') then 'term_promise' else 'term_carried' end,
        lv.term_of(b.began_on), b.began_on, lv.suggestion_age(s, today),
        case s.state
            when 'promised' then s.promised_on else coalesce(s.extended_to, s.due_on, s.step_due_on)
        end,
        coalesce(u.name, p.name)
    from data.suggestion as s
    cross join lateral (select coalesce(s.submitted_on, s.state_since) as began_on) as b
    left join data.unit as u on (u.town_id, u.unit_id) = (s.town_id, s.unit_id)
    left join data.person as p on (p.town_id, p.person_id) = (s.town_id, lv.suggestion_lead(s))
    where
        s.town_id = lv.town_id() and coalesce(b.began_on < new_day, true)
        and s.state not in ('closed', 'archived', 'withdrawn', 'void');
    return query
    select
        'case', c.case_id, c.code, p.name || ' ' || c.from_on || '—' || c.to_on, c.state, false, 'term_carried',
        lv.term_of(c.to_on), b.began_on, today - b.began_on, c.step_due_on, coalesce(g.name, p.name)
    from data.three_no_case as c
    join data.person as p on (p.town_id, p.person_id) = (c.town_id, c.person_id)
    left join data.deputy_group as g on (g.town_id, g.group_id) = (c.town_id, c.group_id)
    cross join lateral (
        select coalesce((min(k.recorded_at) at time zone t.time_zone)::date, c.state_since) as began_on
        from data.town as t
        left join data.step as k on (k.town_id, k.record_id) = (t.town_id, c.case_id)
        where t.town_id = c.town_id
        group by t.time_zone
    ) as b
    where c.town_id = lv.town_id() and c.from_on < new_day and c.state not in ('cleared', 'closed', 'void');
    return query
    select
        'follow_up', w.follow_up_id, w.code, m.title, w.state, false, 'term_carried', lv.term_of(m.held_on), m.held_on,
        today - w.forwarded_on, w.step_due_on, coalesce(u.name, g.name, '主席团办公室')
    from data.follow_up as w
    join data.meeting as m on (m.town_id, m.meeting_id) = (w.town_id, w.meeting_id)
    left join data.unit as u on (u.town_id, u.unit_id) = (w.town_id, w.unit_id)
    left join data.deputy_group as g on (g.town_id, g.group_id) = (m.town_id, m.group_id)
    where w.town_id = lv.town_id() and m.held_on < new_day and w.state not in ('done', 'void');
    return query
    select
        'room', n.group_id, n.group_code,
        string_agg(lv.room_no(n.prefix, n.year, n.number), ' ' order by n.year, n.number), null, false,
        'term_carried', null::text, null::date, null::int, null::date, n.group_name
    from lv.room_numbers(null, null) as n
    where n.state = 'missing'
    group by n.group_id, n.group_code, n.group_name;
end
$$;

create function lv.term_items(new_day date) returns setof lv.term_item language sql stable as $$
    select i.* from lv.term_meetings(new_day) as i
    union all
    select i.* from lv.term_matters(new_day) as i
$$;

-- Mandates of the town's congress that the new term ends; other levels have terms of their own.
create function lv.term_mandates(new_day date) returns setof data.mandate language sql stable as $$
    select m.*
    from data.mandate as m
    where
        m.town_id = lv.town_id() and m.level = 'town' and m.void_reason is null
        and m.starts_on < new_day and coalesce(m.ends_on > new_day, true)
$$;

-- Posts that the town's congress gave: its chair and presidium.
create function lv.term_posts(new_day date) returns setof data.post language sql stable as $$
    select p.*
    from data.post as p
    where
        p.town_id = lv.town_id() and p.role in ('chair', 'presidium_member') and p.void_reason is null
        and p.starts_on < new_day and coalesce(p.ends_on > new_day, true)
$$;

-- The first day of the new term: today, where none is named.
create function lv.demand_new_term(asked date) returns date language plpgsql stable as $$
declare
    today date := lv.today();
    t data.town;
begin
    select * into t from data.town as d where d.town_id = lv.town_id();
    perform lv.demand(
        coalesce(asked, today) <= today, 'invalid', 'term_ahead', 'day', asked::text, 'today', today::text
    );
    perform lv.demand(
        coalesce(asked, today) > t.term_starts_on, 'invalid', 'term_not_after', 'day', coalesce(asked, today)::text,
        'term', t.term, 'starts_on', t.term_starts_on::text
    );
    return coalesce(asked, today);
end
$$;

-- What a closing would do.
create function lv.term_summary(asked date)
returns table (
    term text, term_starts_on date, starts_on date, blocking int, carried int, meetings_to_lock int,
    mandates_to_end int, posts_to_end int
) language plpgsql stable as $$
declare
    new_day date := lv.demand_new_term(asked);
begin
    return query
    select
        t.term, t.term_starts_on, new_day, i.blocking, i.carried,
        (
            select count(*)::int from data.meeting as m
            where m.town_id = t.town_id and m.held_on < new_day and m.state = 'approved'
        ),
        (select count(*)::int from lv.term_mandates(new_day)), (select count(*)::int from lv.term_posts(new_day))
    from data.town as t
    cross join (
        select
            count(*) filter (where i.blocking)::int as blocking, count(*) filter (where not i.blocking)::int as carried
        from lv.term_items(new_day) as i
    ) as i
    where t.town_id = lv.town_id();
end
$$;

-- Ends what the old congress gave. What stood there before is kept with the operation.
create function lv.end_mandates(op data.op, new_day date) returns int language plpgsql volatile as $$
declare
    town int := lv.town_id();
    ended int;
begin
    insert into data.correction (town_id, op_id, file, key, column_name, before, after, recorded_at)
    select town, (op).op_id, 'mandates', m.code, 'ends_on', m.ends_on::text, new_day::text, lv.now()
    from lv.term_mandates(new_day) as m
    union all
    select
        town, (op).op_id, 'roles', concat_ws(' ', d.code, p.role, p.starts_on), 'ends_on', p.ends_on::text,
        new_day::text, lv.now()
    from lv.term_posts(new_day) as p
    join data.person as d on (d.town_id, d.person_id) = (town, p.person_id);
    update data.mandate as m
    set (ends_on, end_reason) = (new_day, 'other')
    where m.town_id = town and m.mandate_id in (select t.mandate_id from lv.term_mandates(new_day) as t);
    get diagnostics ended = row_count;
    update data.post as p
    set ends_on = new_day
    where
        p.town_id = town
        and (p.person_id, p.role, p.starts_on) in (
            select t.person_id, t.role, t.starts_on from lv.term_posts(new_day) as t
        );
    return ended;
end
$$;

create function lv.lock_meetings(who data.caller, op data.op, new_day date) returns int language plpgsql volatile as $$
declare
    m record;
    locked int := 0;
begin
    for m in
        update data.meeting as d
        set state = 'locked'
        where d.town_id = (who).town_id and d.held_on < new_day and d.state = 'approved'
        returning d.meeting_id
    loop
        perform lv.add_step(who, op, 'meeting', m.meeting_id, 'lock', 'approved', 'locked', '换届');
        locked := locked + 1;
    end loop;
    return locked;
end
$$;

create function lv.close_term(who data.caller, op data.op, new_term text, new_day date)
returns table (closed_term text, locked int, ended int, handed_over int) language plpgsql volatile as $$
#variable_conflict use_variable
declare
    town data.town;
    blocking int;
    first_code text;
begin
    -- No import and no other closing meanwhile; no step of the old term's meetings, see below.
    select * into town from data.town as t where t.town_id = (who).town_id for no key update;
    new_term := trim(new_term);
    perform lv.demand_value(new_term <> '', 'new_term');
    perform lv.demand_value(new_day is not null, 'starts_on');
    perform lv.demand_new_term(new_day);
    perform lv.demand(
        length(new_term) <= 40 and not exists (select from lv.terms() as t where t.term = new_term), 'conflict',
        'term_exists', 'term', new_term
    );
    perform from data.meeting as m
    where m.town_id = town.town_id and m.held_on < new_day and m.state not in ('locked', 'cancelled')
    order by m.meeting_id
    for no key update;
    select count(*), min(i.code) into blocking, first_code from lv.term_items(new_day) as i where i.blocking;
    perform lv.demand(blocking = 0, 'conflict', 'term_blocked', 'count', blocking::text, 'code', first_code);
    closed_term := town.term;
    insert into data.term (town_id, term, starts_on, closed_at, closed_by, op_id)
    values (town.town_id, town.term, town.term_starts_on, lv.now(), (who).account_id, (op).op_id)
    on conflict (town_id, term) do update set (closed_at, closed_by, op_id)
        = (excluded.closed_at, excluded.closed_by, excluded.op_id);
    insert into data.term (town_id, term, starts_on) values (town.town_id, new_term, new_day);
    insert into data.handover (
        town_id, term, line_no, subject, record_id, code, title, state, origin_term, since_on, age_days, due_on, holder
    )
    select
        town.town_id, closed_term,
        row_number() over (order by i.age_days desc nulls last, i.since_on nulls last, i.subject, i.code),
        i.subject, i.record_id, i.code, i.title, i.state, i.origin_term, i.since_on, i.age_days, i.due_on, i.holder
    from lv.term_items(new_day) as i;
    get diagnostics handed_over = row_count;
    locked := lv.lock_meetings(who, op, new_day);
    ended := lv.end_mandates(op, new_day);
    update data.town as t set (term, term_starts_on) = (new_term, new_day) where t.town_id = town.town_id;
    return next;
end
$$;

-- The handover list of a term, of the last that was closed where none is named; and what has become of each line.
create function lv.handover_of(asked text)
returns table (
    term text, line_no int, subject text, code text, title text, state text, origin_term text, since_on date,
    age_days int, due_on date, holder text, state_now text
) language plpgsql stable as $$
#variable_conflict use_column
declare
    of_term text := coalesce(
        nullif(asked, ''),
        (
            select t.term from lv.terms() as t where t.closed_at is not null order by t.starts_on desc limit 1
        )
    );
begin
    perform lv.demand(
        exists (select from lv.terms() as t where t.term = of_term and t.closed_at is not null), 'not_found',
        'term_unknown', 'term', coalesce(of_term, '')
    );
    return query
    select
        h.term, h.line_no, h.subject, h.code, h.title, h.state, h.origin_term, h.since_on, h.age_days, h.due_on,
        h.holder, coalesce(f.state, s.state)
    from data.handover as h
    left join data.feedback as f
        on (f.town_id, f.feedback_id) = (h.town_id, h.record_id) and h.subject = 'feedback'
    left join data.suggestion as s
        on (s.town_id, s.suggestion_id) = (h.town_id, h.record_id) and h.subject = 'suggestion'
    where (h.town_id, h.term) = (lv.town_id(), of_term);
end
$$;
