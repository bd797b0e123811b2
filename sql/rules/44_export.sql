-- A town's records as the CSV files of rules.md section 3: what 41_csv.sql shows, in the order of its keys, as lines of
-- files. What the import would refuse is not written, and is counted.
--
-- An export is of one moment: StartExport tells in one statement what each file must come to (SHA-256), and the client
-- takes the pages until they do. No records are copied aside for it, and nobody has to wait.

-- One field, quoted as RFC 4180 says.
create function lv.csv_field(value text) returns text language sql immutable as $$
    select case when value ~ '[",\r\n]' then '"' || replace(value, '"', '""') || '"' else coalesce(value, '') end
$$;

create view lv.export_header with (security_invoker = true) as
select c.file, string_agg(c.name, ',' order by c.position) as header
from lv.import_column as c
group by c.file;

-- The rows of one file; `lacking`: the import would refuse one of its cells.
create function lv.export_lines(of_file text, with_identities boolean)
returns table (key text, line text, lacking boolean) language plpgsql stable as $$
begin
    return query
    select
        r.key, string_agg(lv.csv_field(v.value), ',' order by c.position),
        bool_or(lv.import_cell_rule(nullif(v.value, ''), c.required, c.type, c.choices) is not null)
    from lv.csv_row as r
    join lv.import_column as c on c.file = of_file
    cross join lateral (
        select case when with_identities or not c.identity then r.cells ->> c.name end as value
    ) as v
    where r.file = of_file
    group by r.key;
end
$$;

-- What each file comes to at this moment.
create function lv.export_files(with_identities boolean)
returns table (file text, header text, rows int, digest bytea, lacking int) language sql stable as $$
    select h.file, h.header, l.rows, l.digest, l.lacking
    from lv.export_header as h
    cross join lateral (
        select
            count(*) filter (where not l.lacking)::int as rows,
            count(*) filter (where l.lacking)::int as lacking,
            sha256(convert_to(
                h.header || e'\n' || coalesce(
                    string_agg(l.line || e'\n', '' order by l.key collate "C") filter (where not l.lacking), ''
                ),
                'UTF8'
            )) as digest
        from lv.export_lines(h.file, with_identities) as l
    ) as l
$$;

-- The tables that the files carry, with the columns that they carry (or that say nothing of the record); what stands in
-- others is left out, and counted.
create view lv.export_table with (security_invoker = true) as
select t.name, string_to_array(t.columns, ' ') as columns
from (
    values
    ('town', 'name term term_starts_on time_zone created_at'),
    ('village', 'village_id code name kind'),
    ('unit', 'unit_id code name'),
    ('deputy_group', 'group_id code name village_id room_address'),
    ('person', 'person_id code name gender born_on phone occupation'),
    ('mandate', 'mandate_id code person_id level group_id starts_on ends_on end_reason constituency'),
    ('suspension', 'mandate_id starts_on ends_on reason'),
    ('post', 'person_id role starts_on group_id ends_on'),
    ('meeting', 'meeting_id code kind title group_id unit_id held_on place state minutes'),
    ('roll_line', 'meeting_id person_id notice notified_on'),
    ('leave', 'meeting_id person_id asked_on ground decision decided_on'),
    (
        'feedback',
        'feedback_id code group_id deputy_id received_on topic text state unit_id assigned_on due_on replied_on rating '
        'closed_on'
    ),
    ('feedback_identity', 'feedback_id resident_name resident_phone salt'),
    (
        'suggestion',
        'suggestion_id code kind title origin_meeting_id submitted_on unit_id state assigned_on due_on extended_to '
        'replied_on result rating closed_on plan'
    ),
    ('suggestion_proposer', 'suggestion_id position person_id'),
    ('deed', 'deed_id code person_id done_on kind village_id text value_yuan witness verified'),
    ('household', 'household_id code village_id head members starts_on'),
    ('household_helper', 'household_id person_id position'),
    ('fund', 'fund_id code spent_on kind person_id group_id amount_yuan note'),
    (
        'appraisal',
        'appraisal_id code meeting_id category subject person_id unit_id issued returned invalid excellent competent '
        'basic incompetent'
    ),
    ('award', 'award_id code awarded_on kind group_id person_id amount_yuan document')
) as t (name, columns);

-- What is no record of a town's: who may log in, the ledger with its feed and seals, what is on its way in, the last
-- code given.
-- Marks and minutes are carried as far as they hold: below.
create view lv.export_aside with (security_invoker = true) as
select t.name
from unnest(
    array[
        'account', 'device', 'session_token', 'login_failure', 'operation', 'change', 'feed', 'counter', 'import',
        'import_file', 'import_row', 'upload', 'upload_chunk', 'seal', 'seal_leaf', 'seal_shape', 'seal_state',
        'attendance_mark', 'minutes', 'export'
    ]
) as t (name);

-- What has no place in the files, counted: whole tables, further columns of those they carry, voided records, what an
-- earlier mark or an earlier wording of minutes said. A table that somebody adds is counted without a word here.
create function lv.export_left_out(with_identities boolean)
returns table (what text, count bigint) language plpgsql stable as $$
#variable_conflict use_column
declare
    town int := lv.town_id();
    t record;
begin
    for t in
        select c.relname::text as name, e.columns
        from pg_class as c
        join pg_attribute as a on a.attrelid = c.oid and a.attname = 'town_id' and not a.attisdropped
        left join lv.export_table as e on e.name = c.relname
        where
            c.relnamespace = 'data'::regnamespace and c.relkind in ('r', 'p')
            and not exists (select from lv.export_aside as s where s.name = c.relname)
        order by c.relname collate "C"
    loop
        what := t.name;
        if t.columns is null then
            execute format('select count(*) from data.%I as t where t.town_id = $1', t.name) into count using town;
        else
            -- Nothing, and what a new row has by itself, is no loss.
            execute format(
                $sql$
                select count(*)
                from data.%I as t
                where t.town_id = $1 and to_jsonb(t) ->> 'void_reason' is null
                    and exists (
                        select from jsonb_each(to_jsonb(t) - $2) as e
                        where e.value not in ('null', '[]', '{}', 'false', '0', '1')
                    )
                $sql$,
                t.name
            )
            into count
            using town, t.columns || 'town_id'::text;
        end if;
        return next;
    end loop;
    return query
    select 'town', count(*) from data.town as t where t.town_id = town and t.time_zone <> 'Asia/Shanghai'
    union all
    -- A suspension goes with its mandate.
    select 'voided', (select count(*) from lv.csv_voided) + count(*)
    from data.suspension as s
    join data.mandate as m on (m.town_id, m.mandate_id) = (s.town_id, s.mandate_id)
    where s.town_id = town and s.void_reason is null and m.void_reason is not null
    union all
    select 'attendance_mark', count(*) - count(distinct (a.meeting_id, a.person_id))
    from data.attendance_mark as a
    where a.town_id = town
    union all
    select 'minutes', count(*) - count(distinct m.meeting_id) from data.minutes as m where m.town_id = town
    union all
    select 'identity', count(*)
    from data.feedback_identity as i
    where i.town_id = town and not with_identities and num_nonnulls(i.resident_name, i.resident_phone) > 0;
end
$$;

-- Logs an export and tells what its files come to. `again`: an export begun before, whose records have changed since.
create function lv.start_export(who data.caller, for_purpose text, again uuid)
returns table (
    file text, header text, rows int, digest bytea, export_id uuid, left_out text[], left_out_counts bigint[]
) language plpgsql volatile as $$
#variable_conflict use_column
declare
    e data.export;
begin
    if again is null then
        for_purpose := nullif(trim(for_purpose), '');
        perform lv.demand(
            for_purpose is null or (who).role in ('office', 'chair'), 'forbidden', 'export_identities', 'role',
            (who).role
        );
        perform lv.demand(
            coalesce(length(for_purpose) between 2 and 400, true), 'invalid', 'export_purpose', 'least', '2'
        );
        insert into data.export (town_id, export_id, account_id, device_id, purpose, exported_at)
        values ((who).town_id, gen_random_uuid(), (who).account_id, (who).device_id, for_purpose, lv.now())
        returning * into e;
    else
        e := lv.export_begun(who, again);
    end if;
    return query
    with made as materialized (
        select f.* from lv.export_files(e.purpose is not null) as f
    ),
    unwritten as materialized (
        select l.what, l.count from lv.export_left_out(e.purpose is not null) as l
        union all
        select m.file || '_rows', m.lacking from made as m -- what the import would refuse
    )
    select m.file, m.header, m.rows, m.digest, e.export_id, u.what, u.counts
    from made as m
    cross join (
        select
            coalesce(array_agg(u.what order by u.what collate "C"), '{}') as what,
            coalesce(array_agg(u.count order by u.what collate "C"), '{}') as counts
        from unwritten as u
        where u.count > 0
    ) as u
    order by m.file collate "C";
end
$$;

-- The caller's own export, which ends an hour after it began.
create function lv.export_begun(who data.caller, id uuid) returns data.export language plpgsql stable as $$
declare
    e data.export;
begin
    perform lv.demand_value(id is not null, 'export_id');
    select * into e
    from data.export as d
    where (d.town_id, d.export_id, d.account_id) = ((who).town_id, id, (who).account_id);
    perform lv.demand(
        e.export_id is not null and e.exported_at > lv.now() - interval '1 hour', 'not_found', 'export_unknown',
        'export', id::text
    );
    return e;
end
$$;

-- A page of a file: at most so many rows, and no more than a frame can take (a single row came in by one).
create function lv.export_page(who data.caller, id uuid, of_file text, after text, page_limit int)
returns table (lines text[], next text) language plpgsql stable as $$
declare
    page_bytes constant int := 100000;
    e data.export := lv.export_begun(who, id);
begin
    perform lv.demand(
        exists (select from lv.export_header as h where h.file = of_file), 'not_found', 'unknown_file', 'file', of_file
    );
    return query
    with page as (
        select
            l.key, l.line,
            row_number() over w as place,
            sum(octet_length(l.line)) over w as bytes
        from lv.export_lines(of_file, e.purpose is not null) as l
        where not l.lacking and (after is null or l.key collate "C" > after collate "C")
        window w as (order by l.key collate "C")
        order by l.key collate "C"
        limit lv.page(page_limit) + 1
    ),
    taken as (
        select p.*, p.place = 1 or p.place <= lv.page(page_limit) and p.bytes <= page_bytes as fits
        from page as p
    )
    select
        coalesce(array_agg(t.line order by t.place) filter (where t.fits), '{}'),
        case when bool_and(t.fits) then null else max(t.key collate "C") filter (where t.fits) end
    from taken as t;
end
$$;
