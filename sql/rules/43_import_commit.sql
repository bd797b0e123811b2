-- Staging rows, and putting a faultless import into the records: rules.md section 3.

-- The id of what a file's key names: the same in every import, and a UUID of version 8.
create function lv.import_id(file text, key text) returns uuid language sql stable as $$
    select (left(h, 12) || '8' || substr(h, 14, 3) || 'a' || substr(h, 18, 15))::uuid
    from encode(sha256(convert_to(lv.town_id() || ' ' || file || ' ' || key, 'UTF8')), 'hex') as h
$$;

create function lv.import_start(caller data.caller, import_id uuid) returns uuid language plpgsql as $$
begin
    perform lv.demand(import_id is not null, 'invalid', 'value_missing', 'column', 'import_id');
    insert into data.import as i (town_id, import_id, account_id, started_at)
    values (caller.town_id, import_start.import_id, caller.account_id, lv.now())
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'import_exists', 'import', import_id::text);
    return import_id;
end
$$;

-- Refuses unless rows of the import may still be staged, checked or committed.
create function lv.import_demand_open(import uuid) returns void language plpgsql stable as $$
declare
    i data.import;
begin
    select * into i from data.import as t where t.town_id = lv.town_id() and t.import_id = import;
    perform lv.demand(i.import_id is not null, 'not_found', 'import_unknown', 'import', import::text);
    perform lv.demand(i.committed_at is null, 'conflict', 'import_committed', 'import', import::text);
end
$$;

-- Flat cells, row by row, as one object a row; an empty cell is null.
create function lv.import_shape(lines int[], columns text[], cells text[]) returns table (line int, cells jsonb)
language sql immutable as $$
    select
        lines[(c.position - 1) / cardinality(columns) + 1],
        jsonb_object_agg(columns[(c.position - 1) % cardinality(columns) + 1], nullif(c.value, ''))
    from unnest(cells) with ordinality as c (value, position)
    group by (c.position - 1) / cardinality(columns)
$$;

-- Stages rows; the same rows sent again are harmless. Returns how many of the file are staged. A file nobody knows is
-- a fault for the check, not a refusal here.
create function lv.import_rows(import uuid, of_file text, lines int[], columns text[], cells text[]) returns int
language plpgsql
set enable_nestloop = off set jit = off
as $$
declare
    twice int;
    staged int;
begin
    perform lv.import_demand_open(import);
    perform lv.demand(
        of_file <> '' and cardinality(columns) > 0 and cardinality(cells) = cardinality(lines) * cardinality(columns)
            and 1 <= all (lines),
        'invalid', 'rows_shape', 'file', of_file
    );

    insert into data.import_file (town_id, import_id, file, columns)
    values (lv.town_id(), import, of_file, columns)
    on conflict do nothing;
    perform lv.demand(f.columns = import_rows.columns, 'invalid', 'header_changed', 'file', of_file)
    from data.import_file as f
    where f.town_id = lv.town_id() and f.import_id = import and f.file = of_file;

    insert into data.import_row (town_id, import_id, file, line, cells)
    select lv.town_id(), import, of_file, s.line, s.cells
    from lv.import_shape(lines, columns, cells) as s
    on conflict do nothing;

    select min(s.line)
    into twice
    from lv.import_shape(lines, columns, cells) as s
    join data.import_row as r on r.line = s.line
    where r.town_id = lv.town_id() and r.import_id = import and r.file = of_file and r.cells <> s.cells;
    perform lv.demand(twice is null, 'invalid', 'line_twice', 'file', of_file, 'line', twice::text);

    select count(*) into staged
    from data.import_row as r
    where r.town_id = lv.town_id() and r.import_id = import and r.file = of_file;
    return staged;
end
$$;

-- The rows of one file that a commit has to write, for jsonb_to_recordset.
create function lv.import_todo(import uuid, of_file text) returns jsonb language sql stable as $$
    select jsonb_agg(r.cells order by r.line)
    from data.import_row as r
    where r.town_id = lv.town_id() and r.import_id = import and r.file = of_file
$$;

-- All or nothing. Keys that the centre holds keep their ids.
create function lv.import_commit(
    caller data.caller, op data.op, import uuid, changes_allowed boolean,
    out added int, out changed int, out unchanged int
)
language plpgsql
set enable_nestloop = off set jit = off set work_mem = '64MB'
as $$
declare
    town int := caller.town_id;
    faults int;
begin
    -- One import of a town at a time.
    perform from data.town as t where t.town_id = town for no key update;
    perform lv.import_demand_open(import);
    select count(*) into faults from lv.import_faults(import, changes_allowed);
    perform lv.demand(faults = 0, 'invalid', 'import_has_faults', 'faults', faults::text);

    -- What is left staged afterwards is what there is to write, each row whole: a column that its file does not have
    -- stays as it is held.
    delete from data.import_row as r
    using lv.import_staged(import) as s
    where (r.town_id, r.import_id, r.file, r.line) = (town, import, s.file, s.line)
        and s.held is not null
        and (s.held @> s.given or not exists (select from lv.import_cells_differ(s.file, s.given, s.held)));
    get diagnostics unchanged = row_count;
    changed := 0;
    if changes_allowed then
        insert into data.correction (town_id, op_id, file, key, column_name, before, after, recorded_at)
        select
            town, op.op_id, s.file, s.key, d.column_name, case when not c.identity then d.held_value end,
            case when not c.identity then d.value end, lv.now() -- who a villager was must not outlive who they are
        from lv.import_staged(import) as s
        cross join lateral lv.import_cells_differ(s.file, s.given, s.held) as d
        join lv.import_column as c on (c.file, c.name) = (s.file, d.column_name)
        where s.held is not null;
        update data.import_row as r
        set cells = s.held || s.given
        from lv.import_staged(import) as s
        where (r.town_id, r.import_id, r.file, r.line) = (town, import, s.file, s.line) and s.held is not null;
        get diagnostics changed = row_count;
    end if;
    select count(*) - changed
    into added
    from data.import_row as r
    where r.town_id = town and r.import_id = import;

    update data.town as t
    set (name, term, term_starts_on) = (x.name, x.term, x.term_starts_on)
    from jsonb_to_recordset(lv.import_todo(import, 'town')) as x (name text, term text, term_starts_on date)
    where t.town_id = town;

    insert into data.village as t (town_id, village_id, code, name, kind)
    select town, lv.import_id('villages', x.code), x.code, x.name, x.kind
    from jsonb_to_recordset(lv.import_todo(import, 'villages')) as x (code text, name text, kind text)
    on conflict (town_id, code) do update set (name, kind) = (excluded.name, excluded.kind);

    insert into data.unit as t (town_id, unit_id, code, name)
    select town, lv.import_id('units', x.code), x.code, x.name
    from jsonb_to_recordset(lv.import_todo(import, 'units')) as x (code text, name text)
    on conflict (town_id, code) do update set name = excluded.name;

    insert into data.deputy_group (town_id, group_id, code, name, village_id, room_address)
    select town, lv.import_id('groups', x.code), x.code, x.name, v.village_id, x.room_address
    from jsonb_to_recordset(lv.import_todo(import, 'groups')) as x (
        code text, name text, village text, room_address text
    )
    join data.village as v on (v.town_id, v.code) = (town, x.village)
    on conflict (town_id, code) do update set (name, village_id, room_address)
        = (excluded.name, excluded.village_id, excluded.room_address);

    insert into data.person (town_id, person_id, code, name, gender, born_on, phone, occupation)
    select
        town, lv.import_id('people', x.code), x.code, x.name, x.gender, x.born_on, x.phone, x.occupation
    from jsonb_to_recordset(lv.import_todo(import, 'people')) as x (
        code text, name text, gender text, born_on date, phone text, occupation text
    )
    on conflict (town_id, code) do update set (name, gender, born_on, phone, occupation)
        = (excluded.name, excluded.gender, excluded.born_on, excluded.phone, excluded.occupation);

    insert into data.mandate (
        town_id, mandate_id, code, person_id, level, group_id, starts_on, ends_on, end_reason, constituency
    )
    select
        town, lv.import_id('mandates', x.code), x.code, p.person_id, x.level, g.group_id, x.starts_on,
        x.ends_on, x.end_reason, x.constituency
    from jsonb_to_recordset(lv.import_todo(import, 'mandates')) as x (
        code text, person text, level text, "group" text, starts_on date, ends_on date, end_reason text,
        constituency text
    )
    join data.person as p on (p.town_id, p.code) = (town, x.person)
    join data.deputy_group as g on (g.town_id, g.code) = (town, x."group")
    on conflict (town_id, code) do update set
        (person_id, level, group_id, starts_on, ends_on, end_reason, constituency) = (
            excluded.person_id, excluded.level, excluded.group_id, excluded.starts_on, excluded.ends_on,
            excluded.end_reason, excluded.constituency
        );

    insert into data.suspension (town_id, mandate_id, starts_on, ends_on, reason)
    select town, m.mandate_id, x.starts_on, x.ends_on, x.reason
    from jsonb_to_recordset(lv.import_todo(import, 'suspensions')) as x (
        mandate text, starts_on date, ends_on date, reason text
    )
    join data.mandate as m on (m.town_id, m.code) = (town, x.mandate)
    on conflict (town_id, mandate_id, starts_on) do update set (ends_on, reason) = (excluded.ends_on, excluded.reason);

    insert into data.post (town_id, person_id, role, starts_on, group_id, ends_on)
    select town, p.person_id, x.role, x.starts_on, g.group_id, x.ends_on
    from jsonb_to_recordset(lv.import_todo(import, 'roles')) as x (
        person text, role text, "group" text, starts_on date, ends_on date
    )
    join data.person as p on (p.town_id, p.code) = (town, x.person)
    left join data.deputy_group as g on (g.town_id, g.code) = (town, x."group")
    on conflict (town_id, person_id, role, starts_on) do update set (group_id, ends_on)
        = (excluded.group_id, excluded.ends_on);

    insert into data.meeting (
        town_id, meeting_id, code, kind, title, group_id, unit_id, held_on, place, state, minutes
    )
    select
        town, lv.import_id('meetings', x.code), x.code, x.kind, x.title, g.group_id, u.unit_id, x.held_on,
        x.place, x.state, x.minutes
    from jsonb_to_recordset(lv.import_todo(import, 'meetings')) as x (
        code text, kind text, title text, "group" text, unit text, held_on date, place text, state text, minutes text
    )
    left join data.deputy_group as g on (g.town_id, g.code) = (town, x."group")
    left join data.unit as u on (u.town_id, u.code) = (town, x.unit)
    on conflict (town_id, code) do update set (kind, title, group_id, unit_id, held_on, place, state, minutes) = (
        excluded.kind, excluded.title, excluded.group_id, excluded.unit_id, excluded.held_on, excluded.place,
        excluded.state, excluded.minutes
    );

    insert into data.roll_line (town_id, meeting_id, person_id, notice, notified_on)
    select town, m.meeting_id, p.person_id, x.notice, x.notified_on
    from jsonb_to_recordset(lv.import_todo(import, 'attendance')) as x (
        meeting text, person text, notice text, notified_on date
    )
    join data.meeting as m on (m.town_id, m.code) = (town, x.meeting)
    join data.person as p on (p.town_id, p.code) = (town, x.person)
    on conflict (town_id, meeting_id, person_id) do update set (notice, notified_on)
        = (excluded.notice, excluded.notified_on);

    -- A mark is never changed: the next revision names the one it corrects.
    insert into data.attendance_mark (
        town_id, meeting_id, person_id, revision, op_id, corrects_id, mark, author_id, device_id
    )
    select
        town, m.meeting_id, p.person_id, coalesce(a.revision, 0) + 1, op.op_id, a.op_id, x.mark,
        caller.account_id, caller.device_id
    from jsonb_to_recordset(lv.import_todo(import, 'attendance')) as x (meeting text, person text, mark text)
    join data.meeting as m on (m.town_id, m.code) = (town, x.meeting)
    join data.person as p on (p.town_id, p.code) = (town, x.person)
    left join lv.present_mark as a on (a.town_id, a.meeting_id, a.person_id) = (town, m.meeting_id, p.person_id)
    where x.mark is distinct from a.mark;

    insert into data.leave (town_id, meeting_id, person_id, asked_on, ground, decision, decided_on)
    select town, m.meeting_id, p.person_id, x.asked_on, x.ground, x.decision, x.decided_on
    from jsonb_to_recordset(lv.import_todo(import, 'leaves')) as x (
        meeting text, person text, asked_on date, ground text, decision text, decided_on date
    )
    join data.meeting as m on (m.town_id, m.code) = (town, x.meeting)
    join data.person as p on (p.town_id, p.code) = (town, x.person)
    on conflict (town_id, meeting_id, person_id) do update set (asked_on, ground, decision, decided_on)
        = (excluded.asked_on, excluded.ground, excluded.decision, excluded.decided_on);

    insert into data.feedback (
        town_id, feedback_id, code, group_id, deputy_id, received_on, topic, text, state, unit_id, assigned_on, due_on,
        replied_on, rating, closed_on
    )
    select
        town, lv.import_id('feedback', x.code), x.code, g.group_id, p.person_id, x.received_on, x.topic,
        x.text, x.state, u.unit_id, x.assigned_on,
        x.due_on, x.replied_on, x.rating, x.closed_on
    from jsonb_to_recordset(lv.import_todo(import, 'feedback')) as x (
        code text, "group" text, deputy text, received_on date, topic text, text text, state text, unit
        text, assigned_on date,
        due_on date, replied_on date, rating text, closed_on date
    )
    join data.deputy_group as g on (g.town_id, g.code) = (town, x."group")
    join data.person as p on (p.town_id, p.code) = (town, x.deputy)
    left join data.unit as u on (u.town_id, u.code) = (town, x.unit)
    on conflict (town_id, code) do update set (
        group_id, deputy_id, received_on, topic, text, state, unit_id, assigned_on, due_on, replied_on,
        rating, closed_on
    ) = (
        excluded.group_id, excluded.deputy_id, excluded.received_on, excluded.topic, excluded.text, excluded.state,
        excluded.unit_id, excluded.assigned_on, excluded.due_on, excluded.replied_on, excluded.rating,
        excluded.closed_on
    );

    insert into data.feedback_identity (town_id, feedback_id, resident_name, resident_phone)
    select town, f.feedback_id, x.resident_name, x.resident_phone
    from jsonb_to_recordset(lv.import_todo(import, 'feedback')) as x (
        code text, resident_name text, resident_phone text
    )
    join data.feedback as f on (f.town_id, f.code) = (town, x.code)
    left join data.feedback_identity as o on (o.town_id, o.feedback_id) = (town, f.feedback_id)
    where (x.resident_name, x.resident_phone) is distinct from (o.resident_name, o.resident_phone)
        and not exists ( -- what was ended does not come back with an old file
            select from data.identity_change as c
            where (c.town_id, c.feedback_id) = (town, f.feedback_id) and c.cause <> 'corrected'
        )
    on conflict (town_id, feedback_id) do update set (resident_name, resident_phone)
        = (excluded.resident_name, excluded.resident_phone);

    insert into data.suggestion (
        town_id, suggestion_id, code, kind, title, origin_meeting_id, submitted_on, unit_id, state, assigned_on, due_on,
        extended_to, replied_on, result, rating, closed_on, plan
    )
    select
        town, lv.import_id('suggestions', x.code), x.code, x.kind, x.title, m.meeting_id, x.submitted_on,
        u.unit_id, x.state, x.assigned_on, x.due_on,
        x.extended_to, x.replied_on, x.result, x.rating, x.closed_on, x.plan
    from jsonb_to_recordset(lv.import_todo(import, 'suggestions')) as x (
        code text, kind text, title text, origin_meeting text, submitted_on date, unit text, state text,
        assigned_on date,
        due_on date, extended_to date, replied_on date, result text, rating text, closed_on date, plan text
    )
    left join data.meeting as m on (m.town_id, m.code) = (town, x.origin_meeting)
    left join data.unit as u on (u.town_id, u.code) = (town, x.unit)
    on conflict (town_id, code) do update set (
        kind, title, origin_meeting_id, submitted_on, unit_id, state, assigned_on, due_on, extended_to, replied_on,
        result, rating, closed_on, plan
    ) = (
        excluded.kind, excluded.title, excluded.origin_meeting_id, excluded.submitted_on, excluded.unit_id,
        excluded.state, excluded.assigned_on, excluded.due_on, excluded.extended_to, excluded.replied_on,
        excluded.result, excluded.rating, excluded.closed_on, excluded.plan
    );

    delete from data.suggestion_proposer as o
    using jsonb_to_recordset(lv.import_todo(import, 'suggestions')) as x (code text)
    join data.suggestion as s on (s.town_id, s.code) = (town, x.code)
    where (o.town_id, o.suggestion_id) = (town, s.suggestion_id);

    insert into data.suggestion_proposer (town_id, suggestion_id, position, person_id)
    select town, s.suggestion_id, c.position, p.person_id
    from jsonb_to_recordset(lv.import_todo(import, 'suggestions')) as x (code text, proposers text)
    cross join lateral unnest(lv.import_codes(x.proposers)) with ordinality as c (code, position)
    join data.suggestion as s on (s.town_id, s.code) = (town, x.code)
    join data.person as p on (p.town_id, p.code) = (town, c.code);

    insert into data.deed (
        town_id, deed_id, code, person_id, done_on, kind, village_id, text, value_yuan, witness, verified
    )
    select
        town, lv.import_id('deeds', x.code), x.code, p.person_id, x.done_on, x.kind, v.village_id, x.text,
        x.value_yuan, x.witness,
        x.verified = 'yes'
    from jsonb_to_recordset(lv.import_todo(import, 'deeds')) as x (
        code text, person text, done_on date, kind text, village text, text text, value_yuan bigint, witness
        text, verified text
    )
    join data.person as p on (p.town_id, p.code) = (town, x.person)
    join data.village as v on (v.town_id, v.code) = (town, x.village)
    on conflict (town_id, code) do update set
        (person_id, done_on, kind, village_id, text, value_yuan, witness, verified) = (
            excluded.person_id, excluded.done_on, excluded.kind, excluded.village_id, excluded.text,
            excluded.value_yuan, excluded.witness, excluded.verified
        );

    insert into data.household (town_id, household_id, code, village_id, head, members, starts_on)
    select town, lv.import_id('households', x.code), x.code, v.village_id, x.head, x.members, x.starts_on
    from jsonb_to_recordset(lv.import_todo(import, 'households')) as x (
        code text, village text, head text, members int, starts_on date
    )
    join data.village as v on (v.town_id, v.code) = (town, x.village)
    on conflict (town_id, code) do update set (village_id, head, members, starts_on)
        = (excluded.village_id, excluded.head, excluded.members, excluded.starts_on);

    delete from data.household_helper as o
    using jsonb_to_recordset(lv.import_todo(import, 'households')) as x (code text)
    join data.household as h on (h.town_id, h.code) = (town, x.code)
    where (o.town_id, o.household_id) = (town, h.household_id);

    insert into data.household_helper (town_id, household_id, person_id, position)
    select town, h.household_id, p.person_id, c.position
    from jsonb_to_recordset(lv.import_todo(import, 'households')) as x (code text, helpers text)
    cross join lateral unnest(lv.import_codes(x.helpers)) with ordinality as c (code, position)
    join data.household as h on (h.town_id, h.code) = (town, x.code)
    join data.person as p on (p.town_id, p.code) = (town, c.code);

    insert into data.fund (town_id, fund_id, code, spent_on, kind, person_id, group_id, amount_yuan, note)
    select town, lv.import_id('funds', x.code), x.code, x."on", x.kind, p.person_id, g.group_id, x.amount_yuan, x.note
    from jsonb_to_recordset(lv.import_todo(import, 'funds')) as x (
        code text, "on" date, kind text, person text, "group" text, amount_yuan bigint, note text
    )
    left join data.person as p on (p.town_id, p.code) = (town, x.person)
    left join data.deputy_group as g on (g.town_id, g.code) = (town, x."group")
    on conflict (town_id, code) do update set (spent_on, kind, person_id, group_id, amount_yuan, note) = (
        excluded.spent_on, excluded.kind, excluded.person_id, excluded.group_id, excluded.amount_yuan, excluded.note
    );

    insert into data.appraisal (
        town_id, appraisal_id, code, meeting_id, category, subject, person_id, unit_id, issued, returned, invalid,
        excellent, competent, basic, incompetent
    )
    select
        town, lv.import_id('appraisals', x.code), x.code, m.meeting_id, x.category,
        case when x.category in ('group_head', 'village_head') then x.subject end, p.person_id, u.unit_id, x.issued,
        x.returned, x.invalid, x.excellent, x.competent, x.basic, x.incompetent
    from jsonb_to_recordset(lv.import_todo(import, 'appraisals')) as x (
        code text, meeting text, category text, subject text, issued int, returned int, invalid int, excellent int,
        competent int, basic int, incompetent int
    )
    join data.meeting as m on (m.town_id, m.code) = (town, x.meeting)
    left join data.person as p on (p.town_id, p.code) = (town, case x.category when 'deputy' then x.subject end)
    left join data.unit as u on (u.town_id, u.code) = (town, case x.category when 'unit' then x.subject end)
    on conflict (town_id, code) do update set (
        meeting_id, category, subject, person_id, unit_id, issued, returned, invalid, excellent, competent, basic,
        incompetent
    ) = (
        excluded.meeting_id, excluded.category, excluded.subject, excluded.person_id, excluded.unit_id,
        excluded.issued, excluded.returned, excluded.invalid, excluded.excellent, excluded.competent, excluded.basic,
        excluded.incompetent
    );

    insert into data.award (town_id, award_id, code, awarded_on, kind, group_id, person_id, amount_yuan, document)
    select
        town, lv.import_id('awards', x.code), x.code, x."on", x.kind, g.group_id, p.person_id, x.amount_yuan,
        x.document
    from jsonb_to_recordset(lv.import_todo(import, 'awards')) as x (
        code text, "on" date, kind text, recipient text, amount_yuan bigint, document text
    )
    left join data.deputy_group as g
        on (g.town_id, g.code) = (town, case x.kind when 'advanced_group' then x.recipient end)
    left join data.person as p
        on (p.town_id, p.code) = (town, case x.kind when 'excellent_deputy' then x.recipient end)
    on conflict (town_id, code) do update set (awarded_on, kind, group_id, person_id, amount_yuan, document) = (
        excluded.awarded_on, excluded.kind, excluded.group_id, excluded.person_id, excluded.amount_yuan,
        excluded.document
    );

    delete from data.import_row as r where r.town_id = town and r.import_id = import;
    update data.import as i set committed_at = lv.now() where i.town_id = town and i.import_id = import;
end
$$;
