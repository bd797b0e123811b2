-- 履职登记卡: what a deputy did in a year, of one mandate (domain.md A3: the eight parts of [P6], deeds and help, money).
-- 履职登记卡: what a deputy did in a year, of one mandate (domain.md A3: the parts of [P6], deeds and help, money).
-- two mandates has two cards that say the same of the person: one mark at a meeting, one yuan spent, on both.

-- In force on at least one day of the year, suspended or not (rules.md section 4).
create function lv.mandate_in_year(m data.mandate, of_year int) returns boolean language sql immutable as $$
    select
        (m).void_reason is null and (m).starts_on <= make_date(of_year, 12, 31)
        and coalesce((m).ends_on > greatest((m).starts_on, make_date(of_year, 1, 1)), true)
$$;

-- What a card says of the whole person, line by line. No villager's name, phone or words: of feedback and households
-- their codes, topics and numbers, so that a signed card need never be unmade for somebody's rights over their data.
create function lv.card_rows(of_year int, people uuid[], of_parts text[])
returns table (person_id uuid, part text, day_on date, code text, item jsonb)
language plpgsql stable rows 1000 as $$
#variable_conflict use_column
declare
    town int := lv.town_id();
    from_on date := make_date(of_year, 1, 1);
    to_on date := make_date(of_year, 12, 31);
begin
    if of_parts && '{meetings,activities,trainings}' then
        return query
        select l.person_id, k.part, l.held_on, m.code, jsonb_build_object(
            'code', m.code, 'kind', l.kind, 'title', m.title, 'held_on', l.held_on, 'group', g.name,
            'status', l.status, 'rule', l.rule
        )
        from lv.roll_lines(from_on, to_on) as l
        join data.meeting as m on (m.town_id, m.meeting_id) = (town, l.meeting_id)
        left join data.deputy_group as g on (g.town_id, g.group_id) = (town, m.group_id)
        cross join lateral (
            select case
                when l.kind in ('congress_session', 'presidium_meeting', 'group_meeting') then 'meetings'
                when l.kind = 'training' then 'trainings'
                else 'activities'
            end as part
        ) as k
        where l.counted and l.person_id = any (people) and k.part = any (of_parts);
    end if;
    if of_parts && '{feedback,suggestions}' then
        return query
        select v.person_id, 'feedback', v.day_on, v.code, jsonb_build_object(
            'code', v.code, 'received_on', v.day_on, 'topic', f.topic, 'state', f.state, 'unit', u.name,
            'reply_class', f.reply_class, 'rating', f.rating
        )
        from lv.voices(from_on, to_on) as v
        join data.feedback as f on (f.town_id, f.code) = (town, v.code)
        left join data.unit as u on (u.town_id, u.unit_id) = (town, f.unit_id)
        where v.what = 'feedback' and v.person_id = any (people) and 'feedback' = any (of_parts)
        union all
        select v.person_id, 'suggestions', v.day_on, v.code, jsonb_build_object(
            'code', v.code, 'kind', s.kind, 'title', s.title, 'submitted_on', v.day_on,
            'role', case v.what when 'suggestion_first' then 'led' else 'cosigned' end,
            'state', s.state, 'unit', u.name, 'result', s.result, 'rating', s.rating
        )
        from lv.voices(from_on, to_on) as v
        join data.suggestion as s on (s.town_id, s.code) = (town, v.code)
        left join data.unit as u on (u.town_id, u.unit_id) = (town, s.unit_id)
        where v.what <> 'feedback' and v.person_id = any (people) and 'suggestions' = any (of_parts);
    end if;
    return query
    select d.person_id, 'deeds', d.done_on, d.code, jsonb_build_object(
        'code', d.code, 'done_on', d.done_on, 'kind', d.kind, 'village', v.name, 'text', d.text,
        'value_yuan', d.value_yuan, 'verified', d.verified
    )
    from data.deed as d
    left join data.village as v on (v.town_id, v.village_id) = (town, d.village_id)
    where
        'deeds' = any (of_parts) and d.town_id = town and d.person_id = any (people) and d.void_reason is null
        and d.done_on between from_on and to_on
    union all
    -- whoever helped on the year's last day, or on the help's
    select h.person_id, 'households', b.starts_on, b.code, jsonb_build_object(
        'code', b.code, 'village', v.name, 'members', coalesce(o.members, b.members), 'starts_on', b.starts_on,
        'helpers', cardinality(coalesce(o.helper_ids, lv.helper_ids(b.household_id)))
    )
    from data.household as b
    join data.village as v on (v.town_id, v.village_id) = (town, b.village_id)
    left join lateral (
        select p.members, p.helper_ids
        from data.household_past as p
        where (p.town_id, p.household_id) = (town, b.household_id) and p.until_on > to_on
        order by p.until_on, p.recorded_at
        limit 1
    ) as o on true
    cross join lateral unnest(coalesce(o.helper_ids, lv.helper_ids(b.household_id))) as h (person_id)
    where
        'households' = any (of_parts) and b.town_id = town and h.person_id = any (people) and b.void_reason is null
        and b.starts_on <= to_on and coalesce(b.ended_on >= from_on, true)
    union all
    select a.person_id, 'appraisals', m.held_on, a.code, jsonb_build_object(
        'code', a.code, 'meeting_code', m.code, 'held_on', m.held_on, 'title', m.title, 'issued', a.issued,
        'returned', a.returned, 'invalid', a.invalid, 'excellent', a.excellent, 'competent', a.competent,
        'basic', a.basic, 'incompetent', a.incompetent
    )
    from data.appraisal as a
    join data.meeting as m on (m.town_id, m.meeting_id) = (town, a.meeting_id)
    where
        'appraisals' = any (of_parts) and a.town_id = town and a.person_id = any (people) and a.category = 'deputy'
        and a.void_reason is null and m.held_on between from_on and to_on
        and m.state in ('closed', 'approved', 'locked')
    union all
    select w.person_id, 'awards', w.awarded_on, w.code, jsonb_build_object(
        'code', w.code, 'awarded_on', w.awarded_on, 'amount_yuan', w.amount_yuan, 'document', w.document
    )
    from data.award as w
    where
        'awards' = any (of_parts) and w.town_id = town and w.person_id = any (people) and w.void_reason is null
        and w.awarded_on between from_on and to_on
    union all
    select f.person_id, 'funds', f.spent_on, f.code, jsonb_build_object(
        'code', f.code, 'spent_on', f.spent_on, 'amount_yuan', f.amount_yuan, 'note', f.note
    )
    from data.fund as f
    where
        'funds' = any (of_parts) and f.town_id = town and f.person_id = any (people) and f.void_reason is null
        and f.kind = 'deputy_activity' and f.spent_on between from_on and to_on
    union all
    select m.person_id, 'terms', m.starts_on, m.code, jsonb_build_object(
        'code', m.code, 'level', m.level, 'group', g.name, 'constituency', m.constituency, 'starts_on', m.starts_on,
        -- an end after the year is another year's: a card that was signed says the same when the term is over
        'ends_on', e.ends_on, 'end_reason', case when e.ends_on is not null then m.end_reason end
    )
    from data.mandate as m
    cross join lateral (select case when m.ends_on <= to_on then m.ends_on end as ends_on) as e
    join data.deputy_group as g on (g.town_id, g.group_id) = (town, m.group_id)
    where
        'terms' = any (of_parts) and m.town_id = town and m.person_id = any (people)
        and lv.mandate_in_year(m, of_year)
    union all
    select m.person_id, 'suspensions', s.starts_on, m.code, jsonb_build_object(
        'code', m.code, 'starts_on', s.starts_on, 'ends_on', s.ends_on, 'reason', s.reason
    )
    from data.mandate as m
    join data.suspension as s on (s.town_id, s.mandate_id) = (town, m.mandate_id)
    where
        'suspensions' = any (of_parts) and m.town_id = town and m.person_id = any (people) and m.void_reason is null
        and s.void_reason is null and s.starts_on <= to_on and coalesce(s.ends_on >= from_on, true);
end
$$;

create function lv.card_parts() returns text[] language sql immutable as $$
    select '{terms,suspensions,meetings,activities,trainings,feedback,suggestions,deeds,households,appraisals,awards,'
        'funds}'::text[]
$$;

-- One part of one person's, for GetCard, in the card's order.
create function lv.card_items(of_mandate data.mandate, of_year int, of_part text) returns table (item jsonb)
language sql stable as $$
    select r.item
    from lv.card_rows(of_year, array[(of_mandate).person_id], array[of_part]) as r
    order by r.day_on, r.code
$$;

-- What the lists of a card add up to. Attended and unexcused as rules.md section 1 has them.
create function lv.card_totals(lists jsonb) returns jsonb language sql stable as $$
    with line as (
        select p.part, i.item
        from unnest(lv.card_parts()) as p (part)
        cross join lateral jsonb_array_elements(lists -> p.part) as i (item)
    )
    select jsonb_build_object(
        'meetings_attended', count(*) filter (where l.part = 'meetings' and s.attended),
        'meetings_excused', count(*) filter (where l.part = 'meetings' and s.status = 'excused'),
        'meetings_unexcused', count(*) filter (where l.part = 'meetings' and s.status = 'unexcused'),
        'activities_attended', count(*) filter (where l.part = 'activities' and s.attended),
        'activities_excused', count(*) filter (where l.part = 'activities' and s.status = 'excused'),
        'activities_unexcused', count(*) filter (where l.part = 'activities' and s.status = 'unexcused'),
        'trainings_attended', count(*) filter (where l.part = 'trainings' and s.attended),
        'trainings_excused', count(*) filter (where l.part = 'trainings' and s.status = 'excused'),
        'trainings_unexcused', count(*) filter (where l.part = 'trainings' and s.status = 'unexcused'),
        'feedback', count(*) filter (where l.part = 'feedback'),
        'suggestions_led', count(*) filter (where l.part = 'suggestions' and l.item ->> 'role' = 'led'),
        'suggestions_cosigned', count(*) filter (where l.part = 'suggestions' and l.item ->> 'role' = 'cosigned'),
        'deeds_verified', count(*) filter (where l.part = 'deeds' and (l.item ->> 'verified')::boolean),
        'deeds_unverified', count(*) filter (where l.part = 'deeds' and not (l.item ->> 'verified')::boolean),
        'households', count(*) filter (where l.part = 'households'),
        'household_members', coalesce(sum((l.item ->> 'members')::int) filter (where l.part = 'households'), 0),
        'appraisals', count(*) filter (where l.part = 'appraisals'),
        'awards', count(*) filter (where l.part = 'awards'),
        'award_yuan', coalesce(sum((l.item ->> 'amount_yuan')::bigint) filter (where l.part = 'awards'), 0),
        'fund_yuan', coalesce(sum((l.item ->> 'amount_yuan')::bigint) filter (where l.part = 'funds'), 0)
    )
    from line as l
    cross join lateral (
        select
            l.item ->> 'status' as status,
            l.item ->> 'status' in ('present', 'late', 'left_early') as attended
    ) as s
$$;

-- Whose card it is.
create function lv.card_basics(m data.mandate, of_year int) returns table (
    code text, year int, person_code text, person_name text, gender text, born_on date, occupation text, level text,
    group_code text, group_name text, constituency text, days_in_office int, shared_codes text[]
) language sql stable as $$
    select
        (m).code, of_year, p.code, p.name, p.gender, p.born_on, p.occupation, (m).level, g.code, g.name,
        (m).constituency,
        coalesce(
            (
                select sum(upper(r) - lower(r))::int
                from lv.mandate_days as d
                cross join lateral unnest(
                    d.days * datemultirange(daterange(make_date(of_year, 1, 1), make_date(of_year, 12, 31), '[]'))
                ) as r
                where (d.town_id, d.mandate_id) = ((m).town_id, (m).mandate_id)
            ),
            0
        ),
        array(
            select o.code
            from data.mandate as o
            where
                (o.town_id, o.person_id) = ((m).town_id, (m).person_id) and o.mandate_id <> (m).mandate_id
                and lv.mandate_in_year(o, of_year)
            order by o.code
        )
    from data.person as p
    join data.deputy_group as g on (g.town_id, g.group_id) = ((m).town_id, (m).group_id)
    where (p.town_id, p.person_id) = ((m).town_id, (m).person_id)
$$;

-- The cards of these mandates as one text each: what is signed, and what is printed.
create function lv.card_texts(of_year int, mandates uuid[]) returns table (mandate_id uuid, text text)
language plpgsql stable rows 100 as $$
#variable_conflict use_column
declare
    town int := lv.town_id();
    people uuid[] := array(
        select distinct m.person_id from data.mandate as m where m.town_id = town and m.mandate_id = any (mandates)
    );
begin
    return query
    with list as materialized (
        select r.person_id, r.part, jsonb_agg(r.item order by r.day_on, r.code) as items
        from lv.card_rows(of_year, people, lv.card_parts()) as r
        group by r.person_id, r.part
    ),
    -- a part without a line is an empty list
    whole as materialized (
        select w.person_id, jsonb_object_agg(p.part, coalesce(l.items, '[]')) as lists
        from unnest(people) as w (person_id)
        cross join unnest(lv.card_parts()) as p (part)
        left join list as l on l.person_id = w.person_id and l.part = p.part
        group by w.person_id
    )
    select
        m.mandate_id,
        jsonb_strip_nulls(
            w.lists || jsonb_build_object('card', to_jsonb(b), 'totals', lv.card_totals(w.lists))
        )::text
    from data.mandate as m
    join whole as w on w.person_id = m.person_id
    cross join lateral lv.card_basics(m, of_year) as b
    where m.town_id = town and m.mandate_id = any (mandates);
end
$$;

create function lv.card_digest(text text) returns bytea language sql immutable as $$
    select sha256(convert_to(text, 'UTF8'))
$$;

-- Deputies see their own, rooms and leaders their group's (domain.md E5); none of a year that has not begun.
create function lv.cards_seen(who data.caller, of_year int) returns setof data.mandate language plpgsql stable as $$
begin
    perform lv.demand_value(of_year is not null, 'year');
    perform lv.demand(
        of_year between 1954 and extract(year from lv.today()), 'invalid', 'card_year', 'year', of_year::text
    );
    return query
    select m.*
    from data.mandate as m
    where
        m.town_id = lv.town_id() and lv.mandate_in_year(m, of_year)
        and lv.in_scope(who, m.group_id, m.person_id, null);
end
$$;

-- The mandate of this id, or of this code, or a refusal; its card's year: the one asked for, else the last it had.
create function lv.card_found(who data.caller, id uuid, mandate_code text, of_year int)
returns table (mandate data.mandate, year int) language plpgsql stable as $$
declare
    m data.mandate;
    code text := coalesce(mandate_code, id::text, '');
begin
    select * into m
    from data.mandate as d
    where
        d.town_id = lv.town_id() and d.void_reason is null
        and case when id is null then d.code = mandate_code else d.mandate_id = id end;
    perform lv.demand(m.mandate_id is not null, 'not_found', 'mandate_unknown', 'mandate', code);
    perform lv.demand_scope(who, m.group_id, m.person_id, null, 'card', m.code);
    year := coalesce(of_year, extract(year from least(lv.today(), m.ends_on - 1))::int);
    perform lv.demand(
        year between 1954 and extract(year from lv.today()), 'invalid', 'card_year', 'year', year::text
    );
    perform lv.demand(
        lv.mandate_in_year(m, year), 'invalid', 'card_not_in_year', 'code', m.code, 'year', year::text
    );
    mandate := m;
    return next;
end
$$;

-- Whose name stands under a signature: the person's; of an account that stands for nobody, who holds its post, where
-- that is one person; else the login.
create function lv.signer_name(who data.caller) returns text language sql stable as $$
    select coalesce(
        (select p.name from data.person as p where (p.town_id, p.person_id) = ((who).town_id, (who).person_id)),
        (
            select case when count(distinct p.person_id) = 1 then min(p.name) end
            from data.post as o
            join data.person as p on (p.town_id, p.person_id) = (o.town_id, o.person_id)
            where
                o.town_id = (who).town_id and o.void_reason is null
                and o.starts_on <= lv.today() and coalesce(lv.today() < o.ends_on, true)
                and case (who).role
                    when 'leader' then o.role = 'group_leader' and o.group_id = (who).group_id
                    when 'chair' then o.role = 'chair'
                end
        ),
        (who).login
    )
$$;

-- Where a card stands, `now_text` being what the records say of it at this moment.
create function lv.card_standing(m data.mandate, of_year int, now_text text) returns table (
    mandate_id uuid, state text, state_since_on date, version int, digest text, signed_by text, signed_on date,
    early boolean, stale boolean
) language sql stable as $$
    select
        (m).mandate_id, coalesce(c.state, 'computed'), c.state_since, v.version, encode(v.digest, 'hex'),
        v.signed_name, (v.recorded_at at time zone t.time_zone)::date, v.early,
        v.digest <> lv.card_digest(now_text)
    from data.town as t
    left join data.card as c on (c.town_id, c.mandate_id, c.year) = (t.town_id, (m).mandate_id, of_year)
    left join data.card_version as v
        on (v.town_id, v.mandate_id, v.year, v.version) = (c.town_id, c.mandate_id, c.year, c.version)
    where t.town_id = (m).town_id
$$;

-- Who leads which group now: by their post, or by an account with which they lead.
create function lv.group_leaders() returns table (person_id uuid, group_id uuid) language sql stable as $$
    select p.person_id, p.group_id
    from (select lv.today() as day offset 0) as t -- once, and not for each post
    join data.post as p on p.starts_on <= t.day and coalesce(t.day < p.ends_on, true)
    where p.town_id = lv.town_id() and p.role = 'group_leader' and p.void_reason is null
    union all
    select a.person_id, a.group_id
    from data.account as a
    where a.town_id = lv.town_id() and a.role = 'leader' and a.revoked_at is null and a.person_id is not null
$$;

-- Whose card the caller may sign: a leader their group's, the chair a leader's, and a group's without a leader to sign;
-- nobody their own. A leader's account may stand for no person: the card of who leads the group is then their own.
create function lv.may_sign_card(who data.caller, m data.mandate) returns boolean language sql stable as $$
    select coalesce(
        (m).person_id is distinct from (who).person_id
        and case (who).role
            when 'leader' then
                (m).group_id = (who).group_id
                and ((m).person_id, (m).group_id) not in (select l.person_id, l.group_id from lv.group_leaders() as l)
            when 'chair' then (m).person_id in (select l.person_id from lv.group_leaders() as l) or not exists (
                select
                from data.account as a
                where
                    a.town_id = (m).town_id and a.group_id = (m).group_id and a.role = 'leader'
                    and a.revoked_at is null and a.person_id is distinct from (m).person_id
            )
            else false
        end,
        false
    )
$$;

-- What a signature needs beyond the state that the table of steps asks for.
create function lv.demand_signable(who data.caller, m data.mandate, c data.card, now_text text, early boolean)
returns void language plpgsql stable as $$
declare
    last_day date := least(make_date(c.year, 12, 31), m.ends_on - 1);
begin
    perform lv.demand(
        m.person_id is distinct from (who).person_id
        and (
            (who).role <> 'leader'
            or (m.person_id, m.group_id) not in (select l.person_id, l.group_id from lv.group_leaders() as l)
        ),
        'forbidden', 'card_own', 'code', m.code, 'year', c.year::text
    );
    perform lv.demand(
        lv.may_sign_card(who, m), 'forbidden', 'card_leader_signs', 'code', m.code, 'year', c.year::text
    );
    perform lv.demand(
        c.answered_by is null or not lv.is_same_actor(who, c.answered_by), 'forbidden', 'card_answered_by_you',
        'code', m.code
    );
    perform lv.demand(
        lv.today() > last_day or coalesce(early, false), 'conflict', 'card_year_not_over', 'code', m.code,
        'day', last_day::text
    );
    perform lv.demand(
        c.state <> 'signed' or (
            select v.digest <> lv.card_digest(now_text)
            from data.card_version as v
            where (v.town_id, v.mandate_id, v.year, v.version) = (c.town_id, c.mandate_id, c.year, c.version)
        ),
        'conflict', 'card_unchanged', 'code', m.code, 'version', c.version::text
    );
end
$$;

create function lv.move_card(
    who data.caller, op data.op, id uuid, of_year int, do_action text, new_note text, early boolean
) returns table (state text, version int, digest text) language plpgsql volatile as $$
#variable_conflict use_variable
declare
    f record;
    m data.mandate;
    c data.card;
    now_text text;
    new_state text;
    made int;
begin
    perform lv.demand_value(id is not null, 'mandate_id');
    perform lv.demand_value(of_year is not null, 'year');
    select * into f from lv.card_found(who, id, null, of_year);
    m := f.mandate;
    new_note := nullif(btrim(new_note), '');
    insert into data.card as d (town_id, mandate_id, year, card_id, state, state_since)
    values (
        m.town_id, id, of_year, lv.import_id('cards', m.mandate_id || ' ' || of_year), 'computed', lv.today()
    )
    on conflict on constraint card_pkey do nothing;
    select d.* into c
    from data.card as d
    where (d.town_id, d.mandate_id, d.year) = (m.town_id, id, of_year)
    for no key update;
    perform lv.demand_step(who, 'card', do_action, c.state, m.code);
    perform lv.demand_value(
        new_note is not null or do_action = 'sign' and not coalesce(early, false), 'note'
    );
    new_state := case do_action when 'object' then 'objected' when 'answer' then 'answered' else 'signed' end;
    made := c.version;
    if do_action = 'answer' then
        perform lv.demand(
            m.person_id is distinct from (who).person_id, 'forbidden', 'card_own', 'code', m.code,
            'year', of_year::text
        );
    elsif do_action = 'sign' then
        now_text := (select t.text from lv.card_texts(of_year, array[id]) as t);
        perform lv.demand_signable(who, m, c, now_text, early);
        made := c.version + 1;
        insert into data.card_version as v (
            town_id, mandate_id, year, version, text, digest, early, note, signed_by, signed_name, signed_role, op_id,
            device_id, recorded_at
        )
        values (
            m.town_id, id, of_year, made, now_text, lv.card_digest(now_text),
            lv.today() <= least(make_date(of_year, 12, 31), m.ends_on - 1), new_note, (who).account_id,
            lv.signer_name(who), (who).role, (op).op_id, (who).device_id, lv.now()
        );
        digest := encode(lv.card_digest(now_text), 'hex');
    end if;
    update data.card as d
    set (state, state_since, version, answered_by) = (
        new_state, lv.today(), made, case do_action when 'answer' then (who).account_id else d.answered_by end
    )
    where (d.town_id, d.mandate_id, d.year) = (m.town_id, id, of_year);
    perform lv.add_step(
        who, op, 'card', c.card_id, do_action, c.state, new_state, new_note,
        jsonb_build_object('year', of_year, 'version', case do_action when 'sign' then made end, 'digest', digest)
    );
    state := new_state;
    version := made;
    return next;
end
$$;

-- What the caller could do with the card in that state.
create function lv.card_actions(who data.caller, m data.mandate, in_state text, stale boolean) returns text[]
language sql stable as $$
    select coalesce(array_agg(a.action), '{}')
    from unnest(lv.actions_open('card', in_state, (who).role)) as a (action)
    where
        case a.action
            when 'sign' then lv.may_sign_card(who, m) and (in_state <> 'signed' or stale)
            when 'object' then (m).person_id = (who).person_id
            else (m).person_id is distinct from (who).person_id
        end
$$;

-- Objections wait for the office, answered ones for who signs; and last year's cards, all at once, for who signs them.
create function lv.todo_cards(who data.caller) returns setof lv.todo language plpgsql stable as $$
declare
    today date := lv.today();
    last_year int := extract(year from today)::int - 1;
    leaders uuid[];
    led uuid[]; -- groups with somebody who can sign
begin
    if (who).role not in ('office', 'leader', 'chair') then
        return;
    end if;
    return query
    select
        'card', case c.state when 'objected' then 'todo_card_answer' else 'todo_card_sign' end, m.mandate_id, m.code,
        p.name || ' ' || c.year, p.code, c.state_since, null::date
    from data.card as c
    join data.mandate as m on (m.town_id, m.mandate_id) = (c.town_id, c.mandate_id) and m.void_reason is null
    join data.person as p on (p.town_id, p.person_id) = (m.town_id, m.person_id)
    where
        c.town_id = lv.town_id()
        and case c.state
            when 'objected' then (who).role = 'office' and m.person_id is distinct from (who).person_id
            when 'answered' then lv.may_sign_card(who, m)
        end;
    if (who).role = 'office' then
        return;
    end if;
    leaders := array(select l.person_id from lv.group_leaders() as l);
    led := array(
        select a.group_id
        from data.account as a
        where a.town_id = lv.town_id() and a.role = 'leader' and a.revoked_at is null
    );
    return query
    select
        'card', 'todo_cards_sign', g.group_id, g.code, last_year || '：' || count(*), null::text,
        make_date(last_year + 1, 1, 1),
        make_date(last_year + 1, 1, 1) + lv.setting('card_sign_days', today)::int
    from data.mandate as m
    left join data.card as c on (c.town_id, c.mandate_id, c.year) = (m.town_id, m.mandate_id, last_year)
    left join data.deputy_group as g
        on (g.town_id, g.group_id) = (m.town_id, m.group_id) and (who).role = 'leader'
    where
        m.town_id = lv.town_id() and lv.mandate_in_year(m, last_year) and coalesce(c.state, 'computed') = 'computed'
        and case (who).role
            when 'leader' then m.group_id = (who).group_id
            when 'chair' then m.person_id = any (leaders) or m.group_id <> all (led)
        end
        and lv.may_sign_card(who, m)
    group by g.group_id, g.code;
end
$$;
