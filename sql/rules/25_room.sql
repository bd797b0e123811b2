-- Numbers of the rooms: each activity room numbers what it takes down, on paper too: WSK-2026-0031 (domain.md D2.4).
-- A number below the highest that nobody has seen is a lost slip until somebody says why it is not.

create function lv.room_no(prefix text, year int, number int) returns text language sql immutable as $$
    select prefix || '-' || year || '-' || lpad(number::text, greatest(4, length(number::text)), '0')
$$;

-- The number of a record, as it is printed.
create function lv.room_no_of(record uuid) returns text language sql stable as $$
    select lv.room_no(r.prefix, n.year, n.number)
    from data.room_number as n
    join data.room as r on (r.town_id, r.group_id) = (n.town_id, n.group_id)
    where (n.town_id, n.record_id) = (lv.town_id(), record)
$$;

-- The room of a group, kept from others who number until this is done. Its letters are the initials of the group's
-- name; where another room has them, with a digit.
create function lv.hold_room(of_group uuid) returns data.room language plpgsql volatile as $$
declare
    town int := lv.town_id();
    room data.room;
    letters text := (
        select coalesce(
            nullif(left(regexp_replace(upper(data.initials(g.name)), '[^A-Z0-9]', '', 'g'), 6), ''),
            nullif(regexp_replace(upper(g.code), '[^A-Z0-9]', '', 'g'), ''), 'ROOM'
        )
        from data.deputy_group as g
        where (g.town_id, g.group_id) = (town, of_group)
    );
begin
    for turn in 1 .. 1000 loop
        select r.* into room from data.room as r where (r.town_id, r.group_id) = (town, of_group) for no key update;
        exit when found;
        insert into data.room (town_id, group_id, prefix)
        values (town, of_group, letters || case when turn > 1 then turn::text else '' end)
        on conflict do nothing;
    end loop;
    return room;
end
$$;

-- What a number as somebody wrote it says; nulls, where it is none.
create function lv.room_no_read(written text) returns table (prefix text, year int, number int)
language sql immutable as $$
    select r.parts[1], r.parts[2]::int, r.parts[3]::int
    from (select regexp_match(upper(trim(written)), '^([A-Z0-9]+)-([0-9]{4})-([0-9]{4,6})$') as parts) as r
$$;

-- The highest number of a room's year that is used or explained; 0: none.
create function lv.room_highest(of_group uuid, of_year int) returns int language sql stable as $$
    select coalesce(max(t.number), 0)
    from (
        select n.number
        from data.room_number as n
        where (n.town_id, n.group_id, n.year) = (lv.town_id(), of_group, of_year)
        union all
        select e.number
        from data.room_number_note as e
        where (e.town_id, e.group_id, e.year) = (lv.town_id(), of_group, of_year)
    ) as t
$$;

-- A number that somebody wrote: it must be one, and not far beyond the room's others, which a slip of the pen would
-- turn into a thousand lost ones.
create function lv.demand_room_no(written text, n record) returns void language plpgsql stable as $$
declare
    highest int := lv.room_highest(n.group_id, n.year);
    ahead int := lv.setting('room_numbers_ahead', lv.today());
begin
    perform lv.demand(
        n.year between 1954 and extract(year from lv.today()), 'invalid', 'room_no_year', 'room_no', written
    );
    perform lv.demand(
        n.number between 1 and highest + ahead, 'invalid', 'room_no_jump', 'room_no', written,
        'highest', lv.room_no(n.prefix, n.year, highest)
    );
end
$$;

-- Gives a record the number that its room wrote on the paper; the room's next, where it wrote none.
create function lv.take_room_no(
    op data.op, of_group uuid, of_subject text, record uuid, written text
) returns text language plpgsql volatile as $$
declare
    room data.room := lv.hold_room(of_group);
    n record;
begin
    if coalesce(trim(written), '') = '' then
        select of_group as group_id, room.prefix, y.year, lv.room_highest(of_group, y.year) + 1 as number
        into n
        from (select extract(year from lv.today())::int as year) as y;
    else
        select of_group as group_id, r.* into n from lv.room_no_read(written) as r;
        perform lv.demand(n.number is not null, 'invalid', 'bad_room_no', 'room_no', written, 'prefix', room.prefix);
        perform lv.demand(
            n.prefix = room.prefix, 'invalid', 'room_no_of_other', 'room_no', written, 'prefix', room.prefix
        );
        perform lv.demand_room_no(written, n);
    end if;
    insert into data.room_number (town_id, group_id, year, number, subject, record_id, op_id, taken_at)
    values (room.town_id, of_group, n.year, n.number, of_subject, record, (op).op_id, lv.now());
    return lv.room_no(n.prefix, n.year, n.number);
end
$$;

-- Rooms and the whole office number alike; of others' records a number is taken only where one was written.
create function lv.is_numbered(who data.caller, of_group uuid, written text) returns boolean
language plpgsql stable as $$
begin
    perform lv.demand(
        of_group is not null or coalesce(trim(written), '') = '', 'invalid', 'room_no_without_room', 'room_no', written
    );
    return of_group is not null and ((who).role in ('clerk', 'leader') or coalesce(trim(written), '') <> '');
end
$$;

-- Says why a number has no record.
create function lv.explain_room_no(who data.caller, op data.op, written text, new_reason text) returns text
language plpgsql volatile as $$
declare
    n record;
    room_code text;
begin
    perform lv.demand_value(coalesce(trim(written), '') <> '', 'room_no');
    select r.group_id, w.*
    into n
    from lv.room_no_read(written) as w
    left join data.room as r on (r.town_id, r.prefix) = ((who).town_id, w.prefix);
    perform lv.demand(n.number is not null, 'invalid', 'bad_room_no', 'room_no', written, 'prefix', 'WSK');
    perform lv.demand(n.group_id is not null, 'not_found', 'room_unknown', 'room_no', written);
    room_code := (
        select g.code from data.deputy_group as g where (g.town_id, g.group_id) = ((who).town_id, n.group_id)
    );
    perform lv.demand_scope(who, n.group_id, null, null, 'room', room_code);
    perform lv.demand_value(coalesce(trim(new_reason), '') <> '', 'reason');
    perform lv.hold_room(n.group_id);
    perform lv.demand_room_no(written, n);
    perform lv.demand(
        not exists (
            select from data.room_number as u
            where (u.town_id, u.group_id, u.year, u.number) = ((who).town_id, n.group_id, n.year, n.number)
        ),
        'conflict', 'room_no_used', 'room_no', lv.room_no(n.prefix, n.year, n.number)
    );
    insert into data.room_number_note (town_id, group_id, year, number, reason, op_id, author_id, recorded_at)
    values (
        (who).town_id, n.group_id, n.year, n.number, trim(new_reason), (op).op_id, (who).account_id, lv.now()
    )
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'room_no_explained', 'room_no', lv.room_no(n.prefix, n.year, n.number));
    return lv.room_no(n.prefix, n.year, n.number);
end
$$;

-- Every number of the rooms up to each year's highest: `used`, `duplicate` (a row a record), `missing` or `explained`.
create function lv.room_numbers(of_group uuid, of_year int)
returns table (
    group_id uuid, group_code text, group_name text, prefix text, year int, number int, state text, subject text,
    record_id uuid, taken_at timestamptz, reason text, explained_by uuid
) language sql stable as $$
    with span as (
        select y.group_id, y.year, lv.room_highest(y.group_id, y.year) as highest
        from (
            select n.group_id, n.year from data.room_number as n where n.town_id = lv.town_id()
            union
            select e.group_id, e.year from data.room_number_note as e where e.town_id = lv.town_id()
        ) as y
        where coalesce(y.group_id = of_group, true) and coalesce(y.year = of_year, true)
    )
    select
        s.group_id, g.code, g.name, r.prefix, s.year, i.number,
        case
            when count(n.record_id) over same > 1 then 'duplicate'
            when n.record_id is not null then 'used'
            when e.number is not null then 'explained'
            else 'missing'
        end,
        n.subject, n.record_id, n.taken_at, e.reason, e.author_id
    from span as s
    join data.room as r on (r.town_id, r.group_id) = (lv.town_id(), s.group_id)
    join data.deputy_group as g on (g.town_id, g.group_id) = (lv.town_id(), s.group_id)
    cross join lateral generate_series(1, s.highest) as i (number)
    left join data.room_number as n
        on (n.town_id, n.group_id, n.year, n.number) = (lv.town_id(), s.group_id, s.year, i.number)
    left join data.room_number_note as e
        on (e.town_id, e.group_id, e.year, e.number) = (lv.town_id(), s.group_id, s.year, i.number)
    window same as (partition by s.group_id, s.year, i.number)
$$;

-- The same as ListRoomNumbers shows it, in order: rooms and leaders see their own, the office all.
create function lv.room_numbers_shown(who data.caller, of_group_code text, of_year int, of_state text)
returns table (
    group_code text, room_no text, state text, subject text, code text, title text, taken_us timestamptz, reason text,
    explained_by text, place text
) language plpgsql stable as $$
#variable_conflict use_column
declare
    of_group uuid := (
        select g.group_id from data.deputy_group as g
        where (g.town_id, g.code) = ((who).town_id, of_group_code)
    );
begin
    perform lv.demand(
        of_group is not null or of_group_code is null, 'not_found', 'group_unknown', 'group', of_group_code
    );
    if of_group is null and (who).role in ('clerk', 'leader') then
        of_group := (who).group_id;
    elsif of_group is not null then
        perform lv.demand_scope(who, of_group, null, null, 'room', of_group_code);
    end if;
    return query
    select
        n.group_code, p.room_no, n.state, n.subject, d.code, d.title, n.taken_at, n.reason, a.login,
        concat_ws(' ', n.group_code, n.year, lpad(n.number::text, 6, '0'), d.code)
    from lv.room_numbers(of_group, of_year) as n
    cross join lateral (select lv.room_no(n.prefix, n.year, n.number) as room_no) as p
    left join lateral (
        select m.code, m.title from data.meeting as m
        where (m.town_id, m.meeting_id) = ((who).town_id, n.record_id)
        union all
        select f.code, f.topic from data.feedback as f
        where (f.town_id, f.feedback_id) = ((who).town_id, n.record_id)
    ) as d on true
    left join data.account as a on (a.town_id, a.account_id) = ((who).town_id, n.explained_by)
    where coalesce(n.state = of_state, true);
end
$$;
