-- Every fault of a staged import, as rules.md section 3 names them. Staged cells are text, null where a field is empty.

-- The key of a row, null while one of its columns is missing.
create function lv.import_key(cells jsonb, columns text[]) returns text language sql immutable as $$
    select (cells ->> columns[1])
        || case when columns[2] is null then '' else ' ' || (cells ->> columns[2]) end
        || case when columns[3] is null then '' else ' ' || (cells ->> columns[3]) end
$$;

-- A day of the calendar, null for anything else.
create function lv.import_day(value text) returns date language sql immutable as $$
    select case
        when value ~ '^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$' and value > '0001'
            and to_char(make_date(left(value, 4)::int, substr(value, 6, 2)::int, 1) + right(value, 2)::int - 1, 'MM')
                = substr(value, 6, 2)
        then make_date(left(value, 4)::int, substr(value, 6, 2)::int, right(value, 2)::int)
    end
$$;

-- A number in range, null for anything else.
create function lv.import_number(value text, digits int) returns bigint language sql immutable as $$
    select case when value ~ '^[0-9]+$' and length(ltrim(value, '0')) <= digits then value::bigint end
$$;

create function lv.import_codes(value text) returns text[] language sql immutable as $$
    select array_remove(string_to_array(value, ' '), '')
$$;

-- Two cells say the same when this is the same; an empty one says nothing.
create function lv.import_canonical(type text, value text) returns text language sql immutable as $$
    select case
        when coalesce(value, '') = '' then null
        when type in ('count', 'yuan') then coalesce(nullif(ltrim(value, '0'), ''), '0')
        when type = 'code_list' then nullif(array_to_string(lv.import_codes(value), ' '), '')
        when type = 'code_set' then (select string_agg(c, ' ' order by c) from unnest(lv.import_codes(value)) as c)
        else value
    end
$$;

-- Which rule a cell alone breaks, if any.
create function lv.import_cell_rule(value text, required boolean, type text, choices text[]) returns text
language sql immutable as $$
    select case
        when value is null then case when required then 'value_missing' end
        when type = 'day' then case when lv.import_day(value) is null then 'bad_day' end
        when type = 'count' then case when lv.import_number(value, 9) is null then 'bad_number' end
        when type = 'yuan' then case when lv.import_number(value, 15) is null then 'bad_number' end
        when type = 'one_of' then case when value <> all (choices) then 'bad_value' end
        when type = 'code' then case when value ~ '\s' then 'bad_code' end
        when type in ('code_list', 'code_set') then case when lv.import_codes(value) = '{}' then 'bad_code' end
    end
$$;

-- The staged rows of known files, with what the centre holds under the same key. Materialized step by step: whoever
-- joins it must not be able to join the rows of a file with all the held rows of that file first.
create function lv.import_staged(import uuid)
returns table (file text, line int, key text, given jsonb, held jsonb)
language sql stable as $$
    with
    -- What was ended, or made unreadable, does not come back with an old file.
    ended as materialized (
        select f.code
        from data.identity_change as c
        join data.feedback as f on (f.town_id, f.feedback_id) = (c.town_id, c.feedback_id)
        where c.town_id = lv.town_id() and c.cause <> 'corrected'
    ),
    redacted as materialized (
        select distinct f.code, f.text
        from data.redaction as c
        join data.feedback as f on (f.town_id, f.feedback_id) = (c.town_id, c.feedback_id)
        where c.town_id = lv.town_id()
    ),
    given as materialized (
        select
            r.file, r.line, lv.import_key(r.cells, k.columns) as key,
            case
                when k.identities is null then r.cells
                else r.cells - array(
                    select i.name
                    from unnest(k.identities) as i (name)
                    where r.cells ->> i.name is null or r.cells ->> 'code' in (select e.code from ended as e)
                ) || case when d.code is not null then jsonb_build_object('text', d.text) else '{}' end
            end as cells
        from data.import_row as r
        join lv.import_key as k on k.file = r.file
        left join redacted as d on r.file = 'feedback' and d.code = r.cells ->> 'code'
        where r.town_id = lv.town_id() and r.import_id = import
    ),
    held as materialized (
        select h.file, h.key, h.cells from lv.csv_row as h
    ),
    both_sides as materialized (
        select g.file, g.line, g.key, g.cells as given, h.cells as held
        from given as g
        left join held as h on h.file = g.file and h.key = g.key
    )
    select b.file, b.line, b.key, b.given, b.held from both_sides as b
$$;

-- The cells of one row that say something else than the centre.
create function lv.import_cells_differ(of_file text, given jsonb, held jsonb)
returns table (column_name text, value text, held_value text)
language sql stable as $$
    select c.name, given ->> c.name, held ->> c.name
    from lv.import_column as c
    where c.file = of_file and given ? c.name
        and given ->> c.name is distinct from held ->> c.name
        and lv.import_canonical(c.type, given ->> c.name) is distinct from lv.import_canonical(c.type, held ->> c.name)
$$;

-- One fault a cell: of several the one of the lowest rank, so that a bad cell is not also a difference, and so on. A
-- row with a fault still defines its key. The planner knows nothing of rows staged a moment ago: it must hash.
create function lv.import_faults(import uuid, changes_allowed boolean)
returns table (file text, line int, column_name text, value text, rule text, held text)
language plpgsql stable
set enable_nestloop = off set jit = off set work_mem = '64MB'
as $$
#variable_conflict use_column
declare
    closed_before date := lv.closed_before();
begin
    return query
    with
    header as materialized (
        select f.file, h.name, h.position
        from data.import_file as f
        cross join lateral unnest(f.columns) with ordinality as h (name, position)
        where f.town_id = lv.town_id() and f.import_id = import
    ),
    known_file as (
        select f.file
        from data.import_file as f
        join lv.import_key as k on k.file = f.file
        where f.town_id = lv.town_id() and f.import_id = import
    ),
    staged as materialized (
        -- merged: the row as it would stand
        select s.*, coalesce(s.held, '{}') || s.given as merged
        from lv.import_staged(import) as s
    ),
    cell as materialized (
        select s.file, s.line, c.name, c.refers, c.type, s.given ->> c.name as value,
            lv.import_cell_rule(s.given ->> c.name, c.required, c.type, c.choices) as rule
        from staged as s
        join lv.import_column as c on c.file = s.file
        where s.given ? c.name
    ),
    known_key as materialized (
        select s.file, s.key from staged as s where s.key is not null
        union
        select h.file, h.key from lv.csv_row as h
    ),
    -- A file whose key cannot be read is one fault of its header, not one of every reference to it.
    keyless_file as (
        select distinct f.file
        from known_file as f
        join lv.import_column as c on c.file = f.file and c.key is not null
        where not exists (select from header as h where h.file = c.file and h.name = c.name)
    ),
    listed as materialized (
        select c.file, c.line, c.name, c.refers, l.code,
            row_number() over (partition by c.file, c.line, c.name, l.code order by l.position) as nth
        from cell as c
        cross join lateral unnest(lv.import_codes(c.value)) with ordinality as l (code, position)
        where c.type in ('code_list', 'code_set') and c.value is not null
    ),
    reference as (
        select c.file, c.line, c.name, c.value, c.refers
        from cell as c
        where c.type = 'code' and c.refers is not null and c.value is not null
        union all
        select l.file, l.line, l.name, l.code, l.refers from listed as l
        union all
        select s.file, s.line, 'recipient', s.merged ->> 'recipient',
            case s.merged ->> 'kind' when 'advanced_group' then 'groups' when 'excellent_deputy' then 'people' end
        from staged as s
        where s.file = 'awards' and s.merged ->> 'recipient' is not null
        union all
        select s.file, s.line, 'subject', s.merged ->> 'subject',
            case s.merged ->> 'category' when 'deputy' then 'people' when 'unit' then 'units' end
        from staged as s
        where s.file = 'appraisals' and s.merged ->> 'subject' is not null
    ),
    broken as materialized (
        select r.*
        from reference as r
        left join known_key as k on k.file = r.refers and k.key = r.value
        where r.refers is not null and k.key is null and r.refers not in (select f.file from keyless_file as f)
    ),
    repeated as (
        select s.file, s.line, s.key,
            first_value(s.line) over (partition by s.file, s.key order by s.line) as first_line
        from staged as s
        where s.key is not null
    ),
    span as (
        select s.file, s.line, lv.import_day(s.merged ->> 'starts_on') as starts_on,
            lv.import_day(s.merged ->> 'ends_on') as ends_on
        from staged as s
        where s.file in ('mandates', 'suspensions', 'roles')
    ),
    tally as (
        select s.file, s.line, s.merged, lv.import_number(s.merged ->> 'issued', 9) as issued,
            lv.import_number(s.merged ->> 'returned', 9) as returned,
            lv.import_number(s.merged ->> 'invalid', 9) + lv.import_number(s.merged ->> 'excellent', 9)
                + lv.import_number(s.merged ->> 'competent', 9) + lv.import_number(s.merged ->> 'basic', 9)
                + lv.import_number(s.merged ->> 'incompetent', 9) as counted
        from staged as s
        where s.file = 'appraisals'
    ),
    fault (rank, file, line, column_name, value, rule, held) as (
        select 1, f.file, 1, null, null, 'unknown_file', null
        from data.import_file as f
        where f.town_id = lv.town_id() and f.import_id = import
            and f.file not in (select k.file from lv.import_key as k)
        union all
        select 1, h.file, 1, h.name, h.name, 'unknown_column', null
        from header as h
        join known_file as f on f.file = h.file
        left join lv.import_column as c on c.file = h.file and c.name = h.name
        where c.name is null
        union all
        select 2, h.file, 1, h.name, h.name, 'column_twice', null
        from header as h
        join known_file as f on f.file = h.file
        group by h.file, h.name
        having count(*) > 1
        union all
        select 1, f.file, 1, c.name, null, 'column_missing', null
        from known_file as f
        join lv.import_column as c on c.file = f.file
        left join header as h on h.file = c.file and h.name = c.name
        where c.required and h.name is null
        union all
        select 1, c.file, c.line, c.name, c.value, c.rule, null
        from cell as c
        where c.rule is not null
        union all
        select 2, b.file, b.line, b.name, b.value, 'unknown_code', null
        from broken as b
        union all
        select 3, l.file, l.line, l.name, l.code, 'code_twice', null
        from listed as l
        where l.nth = 2
        union all
        select 3, s.file, s.line, 'code', s.key, 'other_town', to_char(lv.town_id(), 'FM000000000')
        from staged as s
        where s.file = 'town' and s.key <> to_char(lv.town_id(), 'FM000000000')
        union all
        select 4, r.file, r.line, k.columns[cardinality(k.columns)], r.key, 'key_twice', r.first_line::text
        from repeated as r
        join lv.import_key as k on k.file = r.file
        where r.line <> r.first_line
        union all
        select 4, s.file, s.line, k.columns[cardinality(k.columns)], s.key, 'key_voided', v.void_reason
        from staged as s
        join lv.csv_voided as v on v.file = s.file and v.key = s.key
        join lv.import_key as k on k.file = s.file
        union all
        select 5, p.file, p.line, 'ends_on', lv.csv_day(p.ends_on), 'ends_before_start', null
        from span as p
        where p.ends_on < p.starts_on
        union all
        select 5, s.file, s.line, 'group', null, 'leader_without_group', null
        from staged as s
        where s.file = 'roles' and s.merged ->> 'role' = 'group_leader' and s.merged ->> 'group' is null
        union all
        select 5, s.file, s.line, 'notified_on', null, 'notice_without_day', null
        from staged as s
        where s.file = 'attendance' and s.merged ->> 'notice' in ('signed', 'call', 'sync')
            and s.merged ->> 'notified_on' is null
        union all
        select 5, s.file, s.line, 'notified_on', s.merged ->> 'notified_on', 'no_notice_with_day', null
        from staged as s
        where s.file = 'attendance' and s.merged ->> 'notice' = 'none' and s.merged ->> 'notified_on' is not null
        union all
        -- Marks are only added: there is no going back to none.
        select 5, s.file, s.line, 'mark', null, 'mark_taken_back', s.held ->> 'mark'
        from staged as s
        where s.file = 'attendance' and changes_allowed and s.held ->> 'mark' is not null
            and s.merged ->> 'mark' is null
        union all
        select 5, s.file, s.line, 'decided_on', null, 'decision_without_day', null
        from staged as s
        where s.file = 'leaves' and s.merged ->> 'decision' in ('approved', 'refused')
            and s.merged ->> 'decided_on' is null
        union all
        select 5, s.file, s.line, 'decided_on', s.merged ->> 'decided_on', 'pending_with_day', null
        from staged as s
        where s.file = 'leaves' and s.merged ->> 'decision' = 'pending' and s.merged ->> 'decided_on' is not null
        union all
        select 5, s.file, s.line, 'person', s.given ->> 'person', 'line_not_on_roll', null
        from staged as s
        left join known_key as k on k.file = 'attendance' and k.key = s.key
        left join broken as b on b.file = s.file and b.line = s.line
        where s.file = 'leaves' and s.key is not null and k.key is null and b.file is null
            and 'attendance' not in (select f.file from keyless_file as f)
        union all
        select 5, t.file, t.line, 'issued', t.merged ->> 'issued', 'more_returned_than_issued', t.returned::text
        from tally as t
        where t.returned > t.issued
        union all
        select 5, t.file, t.line, 'returned', t.merged ->> 'returned', 'tally_not_returned', t.counted::text
        from tally as t
        where t.counted <> t.returned
        union all
        -- A term that was closed stays as it was: the chair corrects (79_term.sql), and ends it by closing it.
        select 5, t.file, t.line, t.column_name, t.value, 'in_closed_term', lv.csv_day(closed_before)
        from (
            select s.file, s.line, 'held_on', s.merged ->> 'held_on',
                least(lv.import_day(s.given ->> 'held_on'), lv.import_day(s.held ->> 'held_on'))
            from staged as s
            where s.file = 'meetings' and closed_before is not null
                and (s.held is null or exists (select from lv.import_cells_differ(s.file, s.given, s.held)))
            union all
            select s.file, s.line, 'meeting', s.given ->> 'meeting', m.held_on
            from staged as s
            join data.meeting as m on (m.town_id, m.code) = (lv.town_id(), s.given ->> 'meeting')
            where s.file in ('attendance', 'leaves') and closed_before is not null
                and (s.held is null or exists (select from lv.import_cells_differ(s.file, s.given, s.held)))
        ) as t (file, line, column_name, value, day)
        where t.day < closed_before
        union all
        select 3, s.file, s.line, d.column_name, d.value, 'term_by_closing', d.held_value
        from staged as s
        cross join lateral lv.import_cells_differ(s.file, s.given, s.held) as d
        where s.file = 'town' and d.column_name in ('term', 'term_starts_on') and closed_before is not null
        union all
        select 6, s.file, s.line, d.column_name, d.value, 'differs', d.held_value
        from staged as s
        cross join lateral lv.import_cells_differ(s.file, s.given, s.held) as d
        where not changes_allowed and not s.held @> s.given
    )
    select distinct on (f.file collate "C", f.line, coalesce(f.column_name, '') collate "C")
        f.file, f.line, f.column_name, f.value, f.rule, f.held
    from fault as f
    order by f.file collate "C", f.line, coalesce(f.column_name, '') collate "C", f.rank, f.value collate "C";
end
$$;

-- A page of the faults. `after` is the number of faults before it.
create function lv.import_fault_page(import uuid, changes_allowed boolean, page_limit int, after text)
returns table (file text, line int, column_name text, value text, rule text, held text, next text)
language plpgsql stable as $$
#variable_conflict use_column
declare
    skipped int;
begin
    perform lv.import_demand_open(import);
    perform lv.demand(coalesce(after, '0') ~ '^[0-9]{1,9}$', 'invalid', 'bad_after', 'after', after);
    skipped := coalesce(after, '0')::int;
    return query
    select f.file, f.line, f.column_name, f.value, f.rule, f.held,
        case when count(*) over () > skipped + lv.page(page_limit) then (skipped + lv.page(page_limit))::text end
    from lv.import_faults(import, coalesce(changes_allowed, false)) as f
    order by f.file collate "C", f.line, coalesce(f.column_name, '') collate "C"
    offset skipped
    limit lv.page(page_limit);
end
$$;
