-- Sign-in sheets on paper: a roll frozen as numbered lines under a code, and what is read on the signed sheet keyed in.
-- What would change is shown before anything is changed (domain.md C6).

-- Codes: six characters and one that checks them, of an alphabet without 0, O, 1, I and L. It has 31 characters and the
-- weights 7 to 1 are all different, so that one wrong character is found, and two that changed places.
create function lv.sheet_alphabet() returns text language sql immutable as $$
    select '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
$$;

-- The seventh character. As client/lib/sheet_code.c.
create function lv.sheet_check(six text) returns text language sql immutable as $$
    select substr(lv.sheet_alphabet(), 1 + ((31 - sum((8 - n) * value) % 31) % 31)::int, 1)
    from generate_series(1, 6) as n
    cross join lateral (select strpos(lv.sheet_alphabet(), substr(six, n, 1)) - 1) as v (value)
$$;

-- A code as it was typed, or null.
create function lv.sheet_code_read(typed text) returns text language sql immutable as $$
    select t.code
    from (select regexp_replace(upper(typed), '[ -]', '', 'g') as code) as t
    where
        length(t.code) = 7 and translate(t.code, lv.sheet_alphabet(), '') = ''
        and right(t.code, 1) = lv.sheet_check(left(t.code, 6))
$$;

create function lv.new_sheet_code() returns text language plpgsql volatile as $$
declare
    -- The first 48 bits of a version 4 UUID are random.
    random bytea;
    six text;
    found_code text;
begin
    loop
        random := uuid_send(gen_random_uuid());
        six := (
            select string_agg(substr(lv.sheet_alphabet(), 1 + get_byte(random, n) % 31, 1), '' order by n)
            from generate_series(0, 5) as n
        );
        found_code := six || lv.sheet_check(six);
        exit when not exists (
            select from data.sheet as s where (s.town_id, s.code) = (lv.town_id(), found_code)
        );
    end loop;
    return found_code;
end
$$;

-- The people of a roll whose lines a sheet of it has: of a whole town's meeting, of one group or of all.
create function lv.sheet_people(m data.meeting, of_group uuid) returns uuid[] language sql stable as $$
    select coalesce(array_agg(r.person_id order by p.code), '{}')
    from data.roll_line as r
    join data.person as p on (p.town_id, p.person_id) = (r.town_id, r.person_id)
    where
        (r.town_id, r.meeting_id) = (m.town_id, m.meeting_id)
        and (of_group is null or lv.stands_in_group(r.person_id, of_group, m.held_on))
$$;

create function lv.make_sheet(
    who data.caller, op data.op, id uuid, meeting uuid, out sheet_code text, out rows int
) language plpgsql volatile as $$
declare
    m data.meeting := lv.hold_meeting(meeting);
    of_group uuid := case when (who).role in ('clerk', 'leader') and m.group_id is null then (who).group_id end;
    people uuid[];
    latest data.sheet;
begin
    perform lv.demand_value(id is not null, 'sheet_id');
    perform lv.demand(
        (who).role = 'office' or coalesce(m.group_id = (who).group_id, true), 'forbidden', 'not_your_group', 'meeting',
        m.code
    );
    people := lv.sheet_people(m, of_group);
    perform lv.demand(
        m.state in ('notified', 'open', 'closed', 'approved') and cardinality(people) > 0, 'conflict', 'sheet_not_now',
        'meeting', m.code, 'state', m.state
    );
    select * into latest
    from data.sheet as s
    where (s.town_id, s.meeting_id) = (m.town_id, meeting) and s.group_id is not distinct from of_group
    order by s.made_at desc, s.sheet_id desc
    limit 1;
    rows := cardinality(people);
    sheet_code := latest.code;
    if people = array(
        select r.person_id from data.sheet_row as r
        where (r.town_id, r.sheet_id) = (m.town_id, latest.sheet_id)
        order by r.row_no
    ) then
        return;
    end if;
    sheet_code := lv.new_sheet_code();
    insert into data.sheet (town_id, sheet_id, code, meeting_id, group_id, account_id, device_id, op_id, made_at)
    values (
        m.town_id, id, sheet_code, meeting, of_group, (who).account_id, (who).device_id, (op).op_id, lv.now()
    );
    insert into data.sheet_row (town_id, sheet_id, row_no, person_id, name)
    select m.town_id, id, u.row_no, u.person_id, p.name
    from unnest(people) with ordinality as u (person_id, row_no)
    join data.person as p on (p.town_id, p.person_id) = (m.town_id, u.person_id);
end
$$;

-- The sheet of this code, as it was typed, or a refusal.
create function lv.sheet_found(who data.caller, typed text) returns data.sheet language plpgsql stable as $$
declare
    read_code text := lv.sheet_code_read(typed);
    s data.sheet;
begin
    perform lv.demand(read_code is not null, 'invalid', 'sheet_code_wrong', 'sheet', left(coalesce(typed, ''), 40));
    select * into s from data.sheet as d where (d.town_id, d.code) = (lv.town_id(), read_code);
    perform lv.demand(s.sheet_id is not null, 'not_found', 'sheet_unknown', 'sheet', read_code);
    perform lv.meeting_seen(who, s.meeting_id, null);
    perform lv.demand(
        (who).role not in ('clerk', 'leader') or coalesce(s.group_id = (who).group_id, true), 'forbidden',
        'not_your_group', 'meeting', read_code
    );
    return s;
end
$$;

-- Has the roll changed since the sheet was made?
create function lv.sheet_outdated(s data.sheet) returns boolean language sql stable as $$
    select lv.sheet_people(m.*, s.group_id) <> array(
        select r.person_id from data.sheet_row as r
        where (r.town_id, r.sheet_id) = (s.town_id, s.sheet_id)
        order by r.row_no
    )
    from data.meeting as m
    where (m.town_id, m.meeting_id) = (s.town_id, s.meeting_id)
$$;

create type lv.sheet_line as (
    row_no int, -- null: on the roll, not on the sheet
    person_id uuid,
    name text,
    held text, -- the centre's mark
    held_by uuid,
    paper text, -- the mark that was read
    change text, -- new, changed, same, refused
    rule text, -- why it is refused
    entered text, -- as somebody else read the same sheet before
    entered_by uuid
);

-- Every line of a sheet beside what the centre holds and what was read on the paper, and what would come of it; then
-- what was read of lines that there are not or twice; then who is on the roll and not on the sheet. The rules are those
-- of every mark (lv.mark_rule).
create function lv.sheet_lines(
    who data.caller, s data.sheet, row_nos int[], marks text[], rest text, reason text
) returns setof lv.sheet_line language sql stable as $$
    with said as (
        select u.row_no, min(u.mark) as mark, count(*) as times
        from unnest(row_nos, marks) as u (row_no, mark)
        group by u.row_no
    ), line as (
        select
            r.row_no, r.person_id, r.name, b.mark::text as held, b.author_id as held_by,
            coalesce(d.mark, rest) as paper, l.person_id is not null as on_roll, coalesce(d.times, 0) as times, m.*
        from data.sheet_row as r
        join data.meeting as m on (m.town_id, m.meeting_id) = (s.town_id, s.meeting_id)
        left join data.roll_line as l
            on (l.town_id, l.meeting_id, l.person_id) = (s.town_id, s.meeting_id, r.person_id)
        left join lv.present_mark as b
            on (b.town_id, b.meeting_id, b.person_id) = (s.town_id, s.meeting_id, r.person_id)
        left join said as d on d.row_no = r.row_no
        where
            (r.town_id, r.sheet_id) = (s.town_id, s.sheet_id)
            and lv.line_seen(who, m.group_id, m.held_on, r.person_id)
    )
    select
        l.row_no, l.person_id, l.name, l.held, l.held_by, l.paper,
        case
            when l.paper is null then null
            when c.rule is not null then 'refused'
            when l.held is null then 'new'
            when l.held <> l.paper then 'changed'
            else 'same'
        end,
        case when l.paper is not null then c.rule end, e.mark, e.account_id
    from line as l
    cross join lateral (
        select case
            when l.times > 1 then 'row_twice'
            when not l.on_roll then 'not_on_roll'
            when l.paper is distinct from l.held then lv.mark_rule(
                (who).role, (who).group_id, l.group_id, l.held_on, l.state, l.person_id, l.paper, l.held, reason
            )
        end
    ) as c (rule)
    left join lateral (
        select k.mark::text as mark, e.account_id
        from data.sheet_entry as e
        join data.sheet_entry_mark as k on (k.town_id, k.entry_id) = (e.town_id, e.entry_id)
        where
            (e.town_id, e.sheet_id, k.row_no) = (s.town_id, s.sheet_id, l.row_no) and e.account_id <> (who).account_id
        order by e.entered_at desc, e.entry_id desc
        limit 1
    ) as e on true
    union all
    select d.row_no, null, null, null, null, d.mark, 'refused', 'row_unknown', null, null
    from said as d
    where not exists (select from line as l where l.row_no = d.row_no)
    union all
    select null, p.person_id, p.name, b.mark, b.author_id, null, null, null, null, null
    from data.meeting as m
    cross join lateral unnest(lv.sheet_people(m.*, s.group_id)) as u (person_id)
    join data.person as p on (p.town_id, p.person_id) = (m.town_id, u.person_id)
    left join lv.present_mark as b on (b.town_id, b.meeting_id, b.person_id) = (m.town_id, m.meeting_id, p.person_id)
    where
        (m.town_id, m.meeting_id) = (s.town_id, s.meeting_id)
        and lv.line_seen(who, m.group_id, m.held_on, p.person_id)
        and not exists (
            select from data.sheet_row as r
            where (r.town_id, r.sheet_id, r.person_id) = (s.town_id, s.sheet_id, p.person_id)
        )
$$;

create function lv.enter_sheet(
    who data.caller, op data.op, entry uuid, typed text, of_meeting uuid, row_nos int[], marks text[], rest text,
    reason text, scan uuid, out recorded int, out corrected int, out unchanged int, out differing int
) language plpgsql volatile as $$
declare
    s data.sheet := lv.sheet_found(who, typed);
    m data.meeting := lv.hold_meeting(s.meeting_id);
    lines lv.sheet_line[];
    bad record;
begin
    perform lv.demand_value(entry is not null, 'entry_id');
    perform lv.demand(m.meeting_id = of_meeting, 'not_found', 'sheet_unknown', 'sheet', s.code);
    perform lv.demand_value(array_position(marks, null) is null, 'mark');
    reason := nullif(trim(reason), '');
    perform lv.demand(
        scan is null or exists (
            select from data.attachment as a
            where (a.town_id, a.attachment_id, a.record_id) = (m.town_id, scan, m.meeting_id) and a.void_reason is null
        ),
        'not_found', 'attachment_unknown', 'code', scan::text
    );
    lines := array(
        select l from lv.sheet_lines(who, s, row_nos, marks, rest, reason) as l where l.paper is not null
    );
    perform lv.demand(cardinality(lines) > 0, 'invalid', 'no_marks', 'meeting', m.code);
    select l.row_no, l.rule into bad
    from unnest(lines) as l
    where l.rule in ('row_unknown', 'row_twice')
    order by l.row_no
    limit 1;
    if found then
        perform lv.refuse('invalid', bad.rule, 'sheet', s.code, 'row', bad.row_no::text);
    end if;
    if exists (select from unnest(lines) as l where l.rule is not null) then
        perform lv.refuse_marks(
            who, m.meeting_id, array_agg(l.person_id), array_agg(l.paper), array_agg(reason)
        )
        from unnest(lines) as l
        where l.rule is not null;
    end if;
    insert into data.sheet_entry (
        town_id, entry_id, sheet_id, scan_id, reason, account_id, device_id, op_id, entered_at
    )
    values (
        m.town_id, entry, s.sheet_id, scan, reason, (who).account_id, (who).device_id, (op).op_id, lv.now()
    );
    insert into data.sheet_entry_mark (town_id, entry_id, row_no, mark)
    select m.town_id, entry, l.row_no, l.paper from unnest(lines) as l;
    insert into data.attendance_mark (
        town_id, meeting_id, person_id, revision, op_id, corrects_id, mark, note, author_id, device_id
    )
    select
        m.town_id, m.meeting_id, l.person_id, coalesce(b.revision, 0) + 1, (op).op_id, b.op_id, l.paper,
        concat_ws('：', '签到表 ' || s.code, reason), (who).account_id, (who).device_id
    from unnest(lines) as l
    left join lv.present_mark as b on (b.town_id, b.meeting_id, b.person_id) = (m.town_id, m.meeting_id, l.person_id)
    where l.change <> 'same';
    select
        count(*) filter (where l.change <> 'same'), count(*) filter (where l.change = 'changed'),
        count(*) filter (where l.change = 'same'), count(*) filter (where l.entered <> l.paper)
    into recorded, corrected, unchanged, differing
    from unnest(lines) as l;
end
$$;

-- The sheets of a meeting that the caller may key in.
create function lv.sheets_seen(who data.caller, meeting uuid) returns setof data.sheet language sql stable as $$
    select s.*
    from data.sheet as s
    where
        (s.town_id, s.meeting_id) = (lv.town_id(), meeting)
        and case
            when (who).role in ('office', 'chair', 'auditor') then true
            when (who).role in ('clerk', 'leader') then coalesce(s.group_id = (who).group_id, true)
            else false
        end
$$;
