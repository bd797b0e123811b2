-- 七有: what a group has, from evidence (domain.md A4); 五个一: what each of its deputies did once in the year (A3, A7).
-- Nobody types a 有: each rests on rows, and where it is lacking the rows say what.

-- The whole periods of a year that begin by `as_of`, the last one cut there: `whole` is false of one that goes on.
create function lv.year_parts(in_year int, as_of date, months int)
returns table (starts_on date, ends_on date, whole boolean) language sql immutable as $$
    select p.starts_on, least(p.ends_on, as_of), p.ends_on <= as_of
    from (
        select
            make_date(in_year, n * months + 1, 1) as starts_on,
            (make_date(in_year, n * months + 1, 1) + make_interval(months => months) - interval '1 day')::date
                as ends_on
        from generate_series(0, 12 / months - 1) as n
    ) as p
    where p.starts_on <= as_of
$$;

-- Who was of a group on both days, in office: who came or left between them is measured in no group.
create function lv.group_members(from_on date, to_on date) returns table (group_id uuid, person_id uuid)
language plpgsql stable rows 500 as $$
begin
    return query
    select s.group_id, s.person_id from lv.seats(from_on) as s
    intersect
    select s.group_id, s.person_id from lv.seats(to_on) as s;
end
$$;

-- Contacts with voters: receptions attended and what voters said, carried.
create function lv.contacts(from_on date, to_on date)
returns table (person_id uuid, subject text, code text, day_on date) language plpgsql stable rows 1000 as $$
begin
    return query
    select l.person_id, 'meeting', m.code, l.held_on
    from lv.roll_lines(from_on, to_on) as l
    join data.meeting as m on (m.town_id, m.meeting_id) = (lv.town_id(), l.meeting_id)
    where l.kind = 'voter_reception' and l.counted and l.rule = 'attended'
    union all
    select v.person_id, v.what, v.code, v.day_on from lv.voices(from_on, to_on) as v where v.what = 'feedback';
end
$$;

-- One row of evidence, or of what is lacking. `kind`: evidence; missing: the group has not; pending: its day is still
-- to come, and nothing is held against the group. `rule` names the sentence that says it.
create type lv.have_row as (
    group_id uuid,
    have text, -- room, papers, records, contacts, target, deeds, cards
    kind text,
    rule text,
    subject text,
    code text,
    person_code text,
    day_on date -- of the evidence; of what is lacking: by when
);

-- 规范的活动室: inspected this year and found in order, with a photo that is not too old.
create function lv.have_rooms(in_year int, as_of date) returns setof lv.have_row language plpgsql stable as $$
declare
    year_end date := make_date(in_year, 12, 31);
    photo_from date := lv.add_months(as_of, -lv.setting('haves_photo_months', as_of)::int);
begin
    return query
    select
        g.group_id, 'room', x.kind, x.rule, x.subject, x.code, null::text, x.day_on
    from data.deputy_group as g
    left join lateral (
        select v.code, lv.room_visit_state(v) in ('passed', 'remedied') as passed, v.visited_on
        from data.room_visit as v
        where
            (v.town_id, v.group_id) = (g.town_id, g.group_id) and v.void_reason is null
            and v.visited_on between make_date(in_year, 1, 1) and as_of
        order by v.visited_on desc, v.code desc
        limit 1
    ) as v on true
    -- Photos that an inspector saw, and those that are kept with the group or with a visit to its room.
    left join lateral (
        select x.subject, x.code, x.photo_on
        from (
            select 'room_visit' as subject, v.code, v.photo_on
            from data.room_visit as v
            where (v.town_id, v.group_id) = (g.town_id, g.group_id) and v.void_reason is null
            union all
            select 'attachment', a.code, (a.added_at at time zone t.time_zone)::date
            from data.attachment as a
            join data.town as t on t.town_id = a.town_id
            where
                a.town_id = g.town_id and a.type <> 'pdf' and a.void_reason is null and a.redacts_id is null
                and (
                    (a.subject, a.record_id) = ('group', g.group_id)
                    or a.subject = 'room_visit' and exists (
                        select from data.room_visit as v
                        where
                            (v.town_id, v.room_visit_id, v.group_id) = (a.town_id, a.record_id, g.group_id)
                            and v.void_reason is null
                    )
                )
        ) as x
        where x.photo_on <= as_of
        order by x.photo_on desc, x.code desc
        limit 1
    ) as p on true
    cross join lateral (
        values
        (
            case when v.passed then 'evidence' else 'missing' end,
            case
                when v.passed then 'have_room_passed'
                when v.code is not null then 'have_room_failed'
                else 'have_room_unseen'
            end,
            case when v.code is not null then 'room_visit' end, v.code, coalesce(v.visited_on, year_end)
        ),
        (
            case when p.photo_on >= photo_from then 'evidence' else 'missing' end,
            case when p.photo_on >= photo_from then 'have_photo' else 'have_photo_old' end,
            p.subject, p.code, coalesce(p.photo_on, year_end)
        )
    ) as x (kind, rule, subject, code, day_on)
    where g.town_id = lv.town_id();
end
$$;

-- 活动计划总结: approved, and handed in by its day.
create function lv.have_papers(in_year int, as_of date) returns setof lv.have_row language plpgsql stable as $$
begin
    return query
    select
        g.group_id, 'papers', x.kind, 'have_' || k.kind || '_' || x.what, case when p.code is not null then 'paper' end,
        p.code, null::text, case x.kind when 'evidence' then p.submitted_on else k.due_on end
    from data.deputy_group as g
    cross join lateral (
        values ('plan', lv.paper_due('plan', in_year)), ('summary', lv.paper_due('summary', in_year))
    ) as k (kind, due_on)
    left join data.group_paper as p
        on (p.town_id, p.group_id, p.year, p.kind) = (g.town_id, g.group_id, in_year, k.kind)
        and p.void_reason is null
    cross join lateral (
        select
            case
                when p.state = 'approved' and p.submitted_on <= k.due_on then 'approved'
                when p.submitted_on > k.due_on then 'late'
                when p.state = 'submitted' then 'unapproved'
                else 'none'
            end as what
    ) as w
    cross join lateral (
        select
            w.what,
            case
                when w.what = 'approved' then 'evidence'
                when k.kind = 'summary' and as_of < k.due_on then 'pending' -- there is nothing yet to sum up
                else 'missing'
            end as kind
    ) as x
    where g.town_id = lv.town_id();
end
$$;

-- 真实记录: locked records with a roll that was signed and minutes, enough in each quarter.
create function lv.have_records(in_year int, as_of date) returns setof lv.have_row language plpgsql stable as $$
declare
    wanted int := lv.setting('haves_quarter_records', as_of);
begin
    return query
    with record as materialized (
        select m.group_id, m.code, m.held_on
        from data.meeting as m
        where
            m.town_id = lv.town_id() and m.group_id is not null and m.state = 'locked' and m.minutes <> ''
            and m.held_on between make_date(in_year, 1, 1) and as_of
            and exists (
                select from data.attendance_mark as a
                where
                    (a.town_id, a.meeting_id) = (m.town_id, m.meeting_id)
                    and a.mark in ('present', 'late', 'left_early')
            )
    )
    select r.group_id, 'records', 'evidence', 'have_record', 'meeting', r.code, null::text, r.held_on
    from record as r
    union all
    select
        g.group_id, 'records',
        -- The year's first quarter must show something before it is over: nothing at all is no 有.
        case when q.whole or q.starts_on = make_date(in_year, 1, 1) then 'missing' else 'pending' end,
        'have_record_none', null, null, null,
        (q.starts_on + interval '3 months' - interval '1 day')::date
    from data.deputy_group as g
    cross join lv.year_parts(in_year, as_of, 3) as q
    where
        g.town_id = lv.town_id()
        and (
            select count(*) from record as r
            where r.group_id = g.group_id and r.held_on between q.starts_on and q.ends_on
        ) < wanted;
end
$$;

-- 联系选民: every member, in each half-year.
create function lv.have_contacts(in_year int, as_of date) returns setof lv.have_row language plpgsql stable as $$
declare
    wanted int := lv.setting('haves_half_contacts', as_of);
begin
    return query
    -- Each set once, then joined by its rows: tables just imported are not analysed.
    with contact as materialized (
        select c.* from lv.contacts(make_date(in_year, 1, 1), as_of) as c
    ),
    member as materialized (
        select h.starts_on, h.ends_on, h.whole, m.group_id, m.person_id
        from lv.year_parts(in_year, as_of, 6) as h
        cross join lateral lv.group_members(h.starts_on, h.ends_on) as m
    ),
    had as materialized (
        select m.starts_on, m.whole, m.group_id, m.person_id, c.subject, c.code, c.day_on
        from member as m
        left join contact as c on c.person_id = m.person_id and c.day_on between m.starts_on and m.ends_on
    ),
    found as (
        select h.group_id, 'evidence' as kind, 'have_contact' as rule, h.subject, h.code, h.person_id, h.day_on
        from had as h
        where h.code is not null
        union all
        select
            h.group_id,
            case when h.whole or h.starts_on = make_date(in_year, 1, 1) then 'missing' else 'pending' end,
            'have_contact_none', null, null, h.person_id,
            (h.starts_on + interval '6 months' - interval '1 day')::date
        from had as h
        group by h.group_id, h.starts_on, h.whole, h.person_id
        having count(h.code) < wanted
    )
    select f.group_id, 'contacts', f.kind, f.rule, f.subject, f.code, p.code, f.day_on
    from found as f
    join data.person as p on (p.town_id, p.person_id) = (lv.town_id(), f.person_id)
    union all
    select g.group_id, 'contacts', 'missing', 'have_members_none', null, null, null, as_of
    from data.deputy_group as g
    where g.town_id = lv.town_id() and g.group_id not in (select m.group_id from member as m);
end
$$;

-- 目标管理责任书: signed for the year, in the year.
create function lv.have_targets(in_year int, as_of date) returns setof lv.have_row language plpgsql stable as $$
begin
    return query
    select
        g.group_id, 'target', case when s.signed then 'evidence' else 'missing' end,
        case when s.signed then 'have_target' else 'have_target_unsigned' end,
        case when t.code is not null then 'target' end, t.code, null::text,
        case when s.signed then t.signed_on else make_date(in_year, 12, 31) end
    from data.deputy_group as g
    left join data.target as t
        on (t.town_id, t.group_id, t.year) = (g.town_id, g.group_id, in_year) and t.void_reason is null
    cross join lateral (
        select coalesce(t.signed_on between make_date(in_year, 1, 1) and as_of, false) as signed
    ) as s
    where g.town_id = lv.town_id();
end
$$;

-- 创先争优典型事例: verified deeds of its deputies.
create function lv.have_deeds(in_year int, as_of date) returns setof lv.have_row language plpgsql stable as $$
declare
    wanted int := lv.setting('haves_deeds', as_of);
begin
    return query
    with deed as materialized (
        select distinct s.group_id, d.code, d.done_on, p.code as person_code
        from data.deed as d
        join data.person as p on (p.town_id, p.person_id) = (d.town_id, d.person_id)
        cross join lateral lv.mandates_in_force(d.person_id, d.done_on) as s
        where
            d.town_id = lv.town_id() and d.verified and d.void_reason is null
            and d.done_on between make_date(in_year, 1, 1) and as_of
    )
    select d.group_id, 'deeds', 'evidence', 'have_deed', 'deed', d.code, d.person_code, d.done_on
    from deed as d
    union all
    select g.group_id, 'deeds', 'missing', 'have_deed_none', null, null, null, make_date(in_year, 12, 31)
    from data.deputy_group as g
    where
        g.town_id = lv.town_id()
        and (select count(*) from deed as d where d.group_id = g.group_id) < wanted;
end
$$;

-- 代表履职登记卡: signed, of all members or as many as the town asks for. A card is signed when its year is over: while
-- a year goes on, those of the year before it are looked at, of the members that have stayed.
create function lv.have_cards(in_year int, as_of date) returns setof lv.have_row language plpgsql stable as $$
declare
    card_year int := case when as_of < make_date(in_year, 12, 31) then in_year - 1 else in_year end;
    rate numeric := lv.setting('haves_cards_rate', as_of);
begin
    return query
    with card as (
        select
            m.group_id, m.code, p.code as person_code, (v.recorded_at at time zone t.time_zone)::date as signed_on
        from data.mandate as m
        join lv.mandate_days as d on (d.town_id, d.mandate_id) = (m.town_id, m.mandate_id)
        join data.person as p on (p.town_id, p.person_id) = (m.town_id, m.person_id)
        join data.town as t on t.town_id = m.town_id
        left join data.card as c
            on (c.town_id, c.mandate_id, c.year, c.state) = (m.town_id, m.mandate_id, card_year, 'signed')
        left join data.card_version as v
            on (v.town_id, v.mandate_id, v.year, v.version) = (c.town_id, c.mandate_id, c.year, c.version)
        where m.town_id = lv.town_id() and d.days @> make_date(card_year, 12, 31) and d.days @> as_of
    ),
    share as (
        select c.group_id, 100.0 * count(c.signed_on) >= rate * count(*) as enough from card as c group by c.group_id
    )
    select
        c.group_id, 'cards',
        case when c.signed_on is not null then 'evidence' when s.enough then 'pending' else 'missing' end,
        case when c.signed_on is not null then 'have_card' else 'have_card_unsigned' end,
        'card', c.code, c.person_code, coalesce(c.signed_on, make_date(card_year, 12, 31))
    from card as c
    join share as s on s.group_id = c.group_id
    union all
    select g.group_id, 'cards', 'missing', 'have_members_none', null, null, null, as_of
    from data.deputy_group as g
    where g.town_id = lv.town_id() and not exists (select from card as c where c.group_id = g.group_id);
end
$$;

create function lv.have_rows(in_year int) returns setof lv.have_row language plpgsql stable as $$
declare
    as_of date := lv.year_end(in_year);
begin
    return query
    select r.* from lv.have_rooms(in_year, as_of) as r
    union all
    select r.* from lv.have_papers(in_year, as_of) as r
    union all
    select r.* from lv.have_records(in_year, as_of) as r
    union all
    select r.* from lv.have_contacts(in_year, as_of) as r
    union all
    select r.* from lv.have_targets(in_year, as_of) as r
    union all
    select r.* from lv.have_deeds(in_year, as_of) as r
    union all
    select r.* from lv.have_cards(in_year, as_of) as r;
end
$$;

-- The seven, in their order.
create function lv.have_names() returns table ("position" int, have text) language sql immutable as $$
    select n.position::int, n.have
    from unnest(array['room', 'papers', 'records', 'contacts', 'target', 'deeds', 'cards'])
        with ordinality as n (have, position)
$$;

-- What each group has: a line each of seven. A group has what nothing is missing of.
create function lv.haves(who data.caller, of_group uuid, in_year int) returns table (
    group_id uuid, group_code text, group_name text, "position" int, have text, label text, has boolean, evidence int,
    missing int
) language plpgsql stable as $$
declare
    labels text[] := lv.rule_items('seven_haves', lv.year_end(in_year)); -- as the town words them
begin
    return query
    with counted as materialized (
        select
            r.group_id, r.have, count(*) filter (where r.kind = 'evidence')::int as evidence,
            count(*) filter (where r.kind = 'missing')::int as missing
        from lv.have_rows(in_year) as r
        group by r.group_id, r.have
    )
    select
        g.group_id, g.code, g.name, n.position, n.have, labels[n.position], coalesce(c.missing, 0) = 0,
        coalesce(c.evidence, 0), coalesce(c.missing, 0)
    from data.deputy_group as g
    cross join lv.have_names() as n
    left join counted as c on c.group_id = g.group_id and c.have = n.have
    where g.town_id = lv.town_id() and coalesce(g.group_id = of_group, true) and lv.group_seen(who, g.group_id);
end
$$;

-- A line a group, with the finding of one that held too few activities (rules.md section 1, end).
create function lv.have_board(who data.caller, of_group uuid, in_year int) returns table (
    group_code text, group_name text, haves int, missing text[], activities int, few_activities boolean
) language plpgsql stable as $$
declare
    as_of date := lv.year_end(in_year);
    wanted int := lv.setting('group_activities', as_of);
begin
    return query
    select
        h.group_code, h.group_name, count(*) filter (where h.has)::int,
        coalesce(array_agg(h.have order by h.position) filter (where not h.has), '{}'), min(a.held)::int,
        min(a.held) < wanted and as_of = make_date(in_year, 12, 31) -- of a year that goes on nobody knows yet
    from lv.haves(who, of_group, in_year) as h
    cross join lateral (
        select count(*) as held from lv.group_activities(h.group_id, make_date(in_year, 1, 1), as_of)
    ) as a
    group by h.group_code, h.group_name;
end
$$;

-- 五个一.

create function lv.five_names() returns table ("position" int, one text) language sql immutable as $$
    select n.position::int, n.one
    from unnest(array['voters', 'suggestion', 'problem', 'deed', 'learning']) with ordinality as n (one, position)
$$;

-- What stands for each of the five, of everybody, in the year. A deed counts once: the first that was done for a
-- village is the problem solved there, all others are good deeds.
create function lv.five_rows(in_year int, as_of date)
returns table (person_id uuid, one text, subject text, code text, title text, day_on date)
language plpgsql stable rows 1000 as $$
declare
    town int := lv.town_id();
    from_on date := make_date(in_year, 1, 1);
begin
    return query
    select v.person_id, 'voters', 'voter_link', v.code, v.voters, v.starts_on
    from data.voter_link as v
    where
        v.town_id = town and v.void_reason is null and v.starts_on <= as_of and coalesce(v.ends_on > from_on, true)
    union all
    select o.person_id, 'suggestion', 'suggestion', s.code, s.title, s.submitted_on
    from data.suggestion as s
    join data.suggestion_proposer as o on (o.town_id, o.suggestion_id) = (s.town_id, s.suggestion_id)
    where
        s.town_id = town and s.submitted_on between from_on and as_of and s.state not in ('withdrawn', 'void')
    union all
    select
        d.person_id,
        case
            when d.village_id is not null and d.deed_id = first_value(d.deed_id) over (
                partition by d.person_id order by d.village_id is null, d.done_on, d.code
            ) then 'problem'
            else 'deed'
        end,
        'deed', d.code, d.kind, d.done_on
    from data.deed as d
    where
        d.town_id = town and d.verified and d.void_reason is null and d.done_on between from_on and as_of
    union all
    select a.person_id, 'learning', 'appraisal', a.code, m.title, m.held_on
    from data.appraisal as a
    join data.meeting as m on (m.town_id, m.meeting_id) = (a.town_id, a.meeting_id)
    where
        a.town_id = town and a.person_id is not null and a.void_reason is null
        and m.held_on between from_on and as_of and m.state in ('closed', 'approved', 'locked')
    union all
    select t.person_id, 'learning', t.subject, t.code, t.title, t.day_on from lv.trained(from_on, as_of) as t;
end
$$;

-- Whose five: those in office at the end of the year, or today; deputies their own, rooms their group's.
create function lv.five_people(who data.caller, of_group uuid, as_of date)
returns table (person_id uuid, group_codes text[]) language plpgsql stable rows 200 as $$
begin
    return query
    select s.person_id, array_agg(distinct g.code order by g.code)
    from lv.seats(as_of) as s
    join data.deputy_group as g on (g.town_id, g.group_id) = (lv.town_id(), s.group_id)
    where lv.leave_in_scope(who, s.person_id, as_of)
    group by s.person_id
    having coalesce(of_group = any (array_agg(s.group_id)), true);
end
$$;
