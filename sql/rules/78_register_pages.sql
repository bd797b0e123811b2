-- The registers as paper: lines that are posted once and stay, a page's hash that holds the page before it, corrections
-- as lines of their own (domain.md D2.5, E6.8).
--
-- A page's hash is SHA-256 over the netstrings ("5:hello,") of: the hash of the page before it in hex (none: empty),
-- book, group's code (the town's: empty) and name, year, title, the columns, page number, and of each line its number,
-- the line it corrects, the reason, the changes (none: empty) and its cells. A list is the netstring of its
-- netstrings.

-- Whose register the caller means: rooms and leaders have their group's, others the one they name, or the whole town's
-- (null).
create function lv.register_scope(who data.caller, of_group_code text) returns uuid language plpgsql stable as $$
declare
    of_group uuid := (
        select g.group_id from data.deputy_group as g
        where (g.town_id, g.code) = ((who).town_id, of_group_code)
    );
begin
    perform lv.demand(
        of_group is not null or coalesce(of_group_code, '') = '', 'not_found', 'group_unknown', 'group', of_group_code
    );
    if (who).role in ('clerk', 'leader') then
        of_group := coalesce(of_group, (who).group_id);
    end if;
    perform lv.demand_scope(who, of_group, null, null, 'register', coalesce(of_group_code, ''));
    return of_group;
end
$$;

-- The year that was asked for; this year where none was.
create function lv.register_year(of_year int) returns int language plpgsql stable as $$
declare
    this_year int := extract(year from lv.today());
begin
    perform lv.demand(
        coalesce(of_year, this_year) between 1949 and this_year, 'invalid', 'register_year', 'year', of_year::text
    );
    return coalesce(of_year, this_year);
end
$$;

-- The register, if anything was ever posted to it.
create function lv.register_of(of_book text, of_group uuid, of_year int) returns data.register
language sql stable as $$
    select r
    from data.register as r
    where
        (r.town_id, r.book, r.year) = (lv.town_id(), of_book, of_year) and r.group_id is not distinct from of_group
$$;

-- What a new register is called: as the town's list of books has it.
create function lv.register_title(of_book text, of_year int) returns text language sql stable as $$
    select coalesce(i.items[b.position], b.title)
    from lv.register_book as b
    cross join lv.rule_items('six_books', make_date(of_year, 12, 31)) as i (items)
    where b.book = of_book
$$;

create function lv.register_cut(cell text) returns text language sql immutable as $$
    select case when cell = '' then '（空）' when length(cell) > 40 then left(cell, 40) || '…' else cell end
$$;

-- Where two sets of cells differ: "实到：5 → 6". Long cells are cut: both lines have them whole.
create function lv.register_changes(columns text[], before text[], after text[]) returns text
language sql immutable as $$
    select coalesce(
        string_agg(format('%s：%s → %s', u.title, cut.before, cut.after), '；' order by u.place), '无'
    )
    from unnest(columns, before, after) with ordinality as u (title, before, after, place)
    cross join lateral (
        select
            lv.register_cut(u.before), lv.register_cut(u.after)
    ) as cut (before, after)
    where u.before is distinct from u.after
$$;

-- Was the text of a matter redacted after a line of it was posted? The line stays what its page's hash is of, and its
-- text is not shown: a name that was made unreadable would be read here.
create function lv.is_redacted_since(record uuid, posted timestamptz) returns boolean language sql stable as $$
    select exists (
        select from data.redaction as r
        where (r.town_id, r.feedback_id) = (lv.town_id(), record) and r.redacted_at >= posted
    )
$$;

create function lv.register_readable(record uuid, posted timestamptz, columns text[], cells text[])
returns text[] language sql stable as $$
    select case
        when lv.is_redacted_since(record, posted) then array(
            select case u.title when '内容' then '■■' else u.cell end
            from unnest(columns, cells) with ordinality as u (title, cell, place)
            order by u.place
        )
        else cells
    end
$$;

-- Why a record's row is another than was posted: the last word that somebody gave for changing it since.
create function lv.register_reason(record uuid, cells text[], since timestamptz) returns text
language plpgsql stable as $$
begin
    return coalesce(
        (
            select a.note
            from data.attendance_mark as a
            where
                (a.town_id, a.meeting_id) = (lv.town_id(), record) and a.recorded_at > since
                and a.corrects_id is not null and a.note <> ''
            order by a.recorded_at desc
            limit 1
        ),
        (
            select s.note
            from data.step as s
            where (s.town_id, s.record_id) = (lv.town_id(), record) and s.recorded_at > since and s.note <> ''
            order by s.step_no desc
            limit 1
        ),
        (
            select case when t.op_id is null then '导入时更正' else '换届' end
            from data.correction as c
            left join data.term as t on (t.town_id, t.op_id) = (c.town_id, c.op_id)
            where c.town_id = lv.town_id() and split_part(c.key, ' ', 1) = any (cells[1:3]) and c.recorded_at > since
            limit 1
        ),
        '有关记录变动'
    );
end
$$;

-- What would be posted now to the registers of these groups (null: the whole town): new rows that are final, and rows
-- whose record has changed since, or has left the register (an import moved it).
create function lv.register_waiting(of_book text, of_year int, scopes uuid[])
returns table (
    group_id uuid, place text, record_id uuid, cells text[], corrects_line_no int, before text[], posted_at timestamptz
)
language sql stable as $$
    with fresh as materialized (
        select s.record_id, s.group_id, s.place, s.ready, s.gone, array_replace(s.cells, null, '') as cells
        from lv.register_rows(of_book, of_year) as s
    ),
    scope as materialized (
        select u.group_id, r.register_id, r.columns
        from unnest(scopes) as u (group_id)
        cross join lateral lv.register_of(of_book, u.group_id, of_year) as r
    ),
    -- a scope's key, for null is no key
    posted as materialized (
        select distinct on (l.register_id, l.record_id)
            coalesce(c.group_id, '00000000-0000-0000-0000-000000000000') as scope_id,
            l.record_id, l.line_no, l.cells, l.posted_at,
            lv.register_readable(l.record_id, l.posted_at, c.columns, l.cells) as readable
        from scope as c
        join data.register_line as l on (l.town_id, l.register_id) = (lv.town_id(), c.register_id)
        order by l.register_id, l.record_id, l.line_no desc
    ),
    wanted as (
        select coalesce(c.group_id, '00000000-0000-0000-0000-000000000000') as scope_id, f.*
        from scope as c
        join fresh as f on c.group_id is null or f.group_id = c.group_id
    )
    select
        nullif(s.scope_id, '00000000-0000-0000-0000-000000000000'), coalesce(w.place, n.cells[1] || ' ' || n.cells[2]),
        s.record_id, n.cells, p.line_no, p.readable, p.posted_at
    from wanted as w
    full join posted as p on (p.scope_id, p.record_id) = (w.scope_id, w.record_id)
    cross join lateral (
        select coalesce(w.scope_id, p.scope_id) as scope_id, coalesce(w.record_id, p.record_id) as record_id
    ) as s
    cross join lateral (
        select coalesce(w.cells, p.readable[:cardinality(p.cells) - 1] || '已移出本簿'::text) as cells
    ) as n
    where
        case
            when p.record_id is null then w.ready
            when w.record_id is null then n.cells <> p.cells
            else (w.ready or w.gone) and n.cells <> p.cells
        end
$$;

create function lv.netstring(of_text text) returns text language sql immutable as $$
    select octet_length(of_text) || ':' || of_text || ','
$$;

create function lv.netstrings(items text[]) returns text language sql immutable as $$
    select lv.netstring(coalesce(string_agg(lv.netstring(i.item), '' order by i.place), ''))
    from unnest(items) with ordinality as i (item, place)
$$;

-- The hash of a page up to a line, after a page of that hash.
create function lv.register_hash(r data.register, page int, last_line int, previous bytea) returns bytea
language sql stable as $$
    select sha256(convert_to(
        lv.netstring(coalesce(encode(previous, 'hex'), '')) || lv.netstring(r.book)
        || lv.netstring(coalesce(
            (select g.code from data.deputy_group as g where (g.town_id, g.group_id) = (r.town_id, r.group_id)), ''
        ))
        || lv.netstring(r.group_name) || lv.netstring(r.year::text) || lv.netstring(r.title) || lv.netstrings(r.columns)
        || lv.netstring(page::text)
        || coalesce(
            string_agg(
                lv.netstring(l.line_no::text) || lv.netstring(coalesce(l.corrects_line_no::text, ''))
                || lv.netstring(coalesce(l.reason, '')) || lv.netstring(coalesce(l.changes, ''))
                || lv.netstrings(l.cells),
                '' order by l.line_no
            ),
            ''
        ),
        'UTF8'
    ))
    from data.register_line as l
    where
        (l.town_id, l.register_id) = (r.town_id, r.register_id)
        and l.line_no > (page - 1) * r.lines_a_page and l.line_no <= least(last_line, page * r.lines_a_page)
$$;

-- The hash under which a page was last left; null: there is no such page.
create function lv.register_seal_of(r data.register, page int) returns bytea language sql stable as $$
    select s.hash
    from data.register_seal as s
    where (s.town_id, s.register_id, s.page_no) = (r.town_id, r.register_id, page)
    order by s.line_no desc
    limit 1
$$;

create function lv.register_lines(r data.register) returns int language sql stable as $$
    select coalesce(max(l.line_no), 0)
    from data.register_line as l
    where (l.town_id, l.register_id) = (r.town_id, r.register_id)
$$;

create function lv.register_pages(r data.register) returns int language sql stable as $$
    select ceil(lv.register_lines(r)::numeric / r.lines_a_page)::int
$$;

-- The register, kept from other postings and prints; opened with what its pages depend on, if it is new.
create function lv.hold_register(of_book text, of_group uuid, of_year int) returns data.register
language plpgsql volatile as $$
declare
    r data.register;
begin
    insert into data.register (
        town_id, register_id, book, group_id, year, title, group_name, columns, lines_a_page, opened_at
    )
    select
        lv.town_id(), gen_random_uuid(), of_book, of_group, of_year, lv.register_title(of_book, of_year),
        lv.register_group_name(of_group), b.columns, lv.setting('register_lines', lv.today())::int, lv.now()
    from lv.register_book as b
    where b.book = of_book
    on conflict do nothing;
    select d.* into r
    from data.register as d
    where
        (d.town_id, d.book, d.year) = (lv.town_id(), of_book, of_year) and d.group_id is not distinct from of_group
    for no key update;
    return r;
end
$$;

-- Posts what waits: new rows in the order of their days, then corrections. Seals each page that it filled or ended on.
create function lv.post_register(who data.caller, op data.op, of_book text, of_group_code text, asked_year int)
returns table (posted int, corrected int, lines int, pages int) language plpgsql volatile as $$
#variable_conflict use_variable
declare
    of_group uuid := lv.register_scope(who, of_group_code);
    of_year int := lv.register_year(asked_year);
    r data.register := lv.register_of(of_book, of_group, of_year);
    before int;
    previous bytea;
begin
    perform lv.demand_value(of_book is not null, 'book');
    if r.register_id is null
        and not exists (select from lv.register_waiting(of_book, of_year, array[of_group]))
    then
        return query select 0, 0, 0, 0; -- nothing has become final: no register is opened
        return;
    end if;
    r := lv.hold_register(of_book, of_group, of_year);
    before := lv.register_lines(r);
    insert into data.register_line (
        town_id, register_id, line_no, record_id, cells, corrects_line_no, reason, changes, op_id, posted_at
    )
    select
        r.town_id, r.register_id,
        before + row_number() over (
            order by w.corrects_line_no is not null, w.place collate "C", w.record_id
        ),
        w.record_id, w.cells, w.corrects_line_no,
        case when w.corrects_line_no is not null then lv.register_reason(w.record_id, w.cells, w.posted_at) end,
        case when w.corrects_line_no is not null then lv.register_changes(r.columns, w.before, w.cells) end,
        (op).op_id, lv.now()
    from lv.register_waiting(of_book, of_year, array[of_group]) as w;
    lines := lv.register_lines(r);
    pages := lv.register_pages(r);
    previous := lv.register_seal_of(r, before / r.lines_a_page); -- of the last full page
    for page in before / r.lines_a_page + 1 .. case when lines > before then pages else 0 end loop
        previous := lv.register_hash(r, page, lines, previous);
        insert into data.register_seal (town_id, register_id, line_no, page_no, hash, op_id)
        values (r.town_id, r.register_id, least(lines, page * r.lines_a_page), page, previous, (op).op_id);
    end loop;
    posted := (
        select count(*)
        from data.register_line as l
        where (l.town_id, l.register_id) = (r.town_id, r.register_id) and l.line_no > before
            and l.corrects_line_no is null
    );
    corrected := lines - before - posted;
    return next;
end
$$;

-- One page as it stands, or the last; of a register that is not begun, what it will be called.
create function lv.register_page(who data.caller, of_book text, of_group_code text, asked_year int, asked_page int)
returns table (
    register_id uuid, book text, title text, group_code text, group_name text, town_name text, year int, columns text[],
    lines_a_page int, lines int, pages int, page int, page_hash text, previous_hash text, complete boolean,
    prints int, waiting int, first_line int, last_line int
) language plpgsql stable as $$
#variable_conflict use_variable
declare
    of_group uuid := lv.register_scope(who, of_group_code);
    of_year int := lv.register_year(asked_year);
    r data.register := lv.register_of(of_book, of_group, of_year);
begin
    perform lv.demand_value(of_book is not null, 'book');
    book := of_book;
    year := of_year;
    group_code := (
        select g.code from data.deputy_group as g where (g.town_id, g.group_id) = ((who).town_id, of_group)
    );
    town_name := (select t.name from data.town as t where t.town_id = (who).town_id);
    if r.register_id is null then
        group_name := lv.register_group_name(of_group);
        title := lv.register_title(of_book, of_year);
        columns := (select b.columns from lv.register_book as b where b.book = of_book);
        lines_a_page := lv.setting('register_lines', lv.today());
        lines := 0;
        pages := 0;
    else
        register_id := r.register_id;
        group_name := r.group_name;
        title := r.title;
        columns := r.columns;
        lines_a_page := r.lines_a_page;
        lines := lv.register_lines(r);
        pages := lv.register_pages(r);
    end if;
    perform lv.demand(
        coalesce(asked_page between 1 and pages, true), 'not_found', 'register_page_unknown', 'page', asked_page::text,
        'pages', pages::text
    );
    page := coalesce(asked_page, pages);
    first_line := (page - 1) * lines_a_page + 1;
    last_line := least(lines, page * lines_a_page);
    complete := page > 0 and page * lines_a_page <= lines;
    page_hash := encode(lv.register_seal_of(r, page), 'hex');
    previous_hash := encode(lv.register_seal_of(r, page - 1), 'hex');
    prints := (
        select count(*) from data.register_print as p
        where (p.town_id, p.register_id, p.page_no) = (r.town_id, r.register_id, page)
    );
    waiting := (select count(*) from lv.register_waiting(of_book, of_year, array[of_group]));
    return next;
end
$$;

-- A page's lines after one of them, as many as a reply holds: minutes may be long. At least one.
create function lv.register_page_lines(
    who data.caller, of_book text, of_group_code text, asked_year int, asked_page int, after text
) returns table (
    line_no int, cells text[], corrects_line_no int, reason text, changes text, posted_us timestamptz, next text
) language plpgsql stable as $$
#variable_conflict use_column
declare
    p record;
begin
    select * into p from lv.register_page(who, of_book, of_group_code, asked_year, asked_page);
    perform lv.demand(coalesce(after, '0') ~ '^[0-9]{1,9}$', 'invalid', 'bad_after', 'after', after);
    return query
    select
        s.line_no, lv.register_readable(s.record_id, s.posted_at, p.columns, s.cells), s.corrects_line_no, s.reason,
        case
            when s.changes like '%内容：%' and lv.is_redacted_since(s.record_id, s.posted_at) then '■■'
            else s.changes
        end,
        s.posted_at,
        case when s.line_no < p.last_line then s.line_no::text end
    from (
        select l.*, sum(b.bytes) over (order by l.line_no) as bytes_so_far, b.bytes
        from data.register_line as l
        cross join lateral (
            select 200 + octet_length(concat(array_to_string(l.cells, ''), l.reason, l.changes)) as bytes
        ) as b
        where
            l.town_id = (who).town_id and l.register_id = p.register_id
            and l.line_no between p.first_line and p.last_line and l.line_no > coalesce(after, '0')::int
    ) as s
    where s.bytes_so_far = s.bytes or s.bytes_so_far <= 150000
    order by s.line_no;
end
$$;

-- What waits, in the order in which it would be posted, as much as a reply holds beside a page.
create function lv.register_preview(who data.caller, of_book text, of_group_code text, asked_year int)
returns table (cells text[], corrects_line_no int, reason text, changes text) language plpgsql stable as $$
#variable_conflict use_column
declare
    p record;
begin
    select * into p from lv.register_page(who, of_book, of_group_code, asked_year, null);
    return query
    select
        s.cells, s.corrects_line_no,
        case when s.corrects_line_no is not null then lv.register_reason(s.record_id, s.cells, s.posted_at) end,
        case when s.corrects_line_no is not null then lv.register_changes(p.columns, s.before, s.cells) end
    from (
        select
            w.*, row_number() over posting as nth,
            sum(
                case when w.corrects_line_no is null then 200 else 2000 end
                + octet_length(array_to_string(w.cells, ''))
            ) over posting as bytes_so_far
        from lv.register_waiting(of_book, p.year, array[lv.register_scope(who, of_group_code)]) as w
        window posting as (order by w.corrects_line_no is not null, w.place collate "C", w.record_id)
    ) as s
    where s.bytes_so_far <= 60000
    order by s.nth;
end
$$;

-- Counts a print of one page, or of all.
create function lv.print_register(who data.caller, of_book text, of_group_code text, asked_year int, asked_page int)
returns table (page int, print_no int, page_hash text) language plpgsql volatile as $$
#variable_conflict use_column
declare
    p record;
    r data.register;
begin
    select * into p from lv.register_page(who, of_book, of_group_code, asked_year, asked_page);
    perform lv.demand(p.lines > 0, 'conflict', 'register_empty', 'title', p.title, 'year', p.year::text);
    r := lv.hold_register(of_book, lv.register_scope(who, of_group_code), p.year);
    return query
    insert into data.register_print as d (
        town_id, register_id, page_no, print_no, hash, account_id, device_id, printed_at
    )
    select
        r.town_id, r.register_id, n.page,
        1 + (
            select count(*) from data.register_print as e
            where (e.town_id, e.register_id, e.page_no) = (r.town_id, r.register_id, n.page)
        ),
        lv.register_seal_of(r, n.page), (who).account_id, (who).device_id, lv.now()
    from generate_series(coalesce(asked_page, 1), coalesce(asked_page, lv.register_pages(r))) as n (page)
    returning d.page_no, d.print_no, encode(d.hash, 'hex');
end
$$;

-- Computes the chain again from the lines: the first page whose lines are not those that were sealed, or printed.
create function lv.verify_register(who data.caller, of_book text, of_group_code text, asked_year int)
returns table (pages int, lines int, intact boolean, first_bad_page int, rule text) language plpgsql stable as $$
#variable_conflict use_variable
declare
    r data.register := lv.register_of(
        of_book, lv.register_scope(who, of_group_code), lv.register_year(asked_year)
    );
    previous bytea;
    seal record;
    sealed int := 0;
begin
    perform lv.demand_value(of_book is not null, 'book');
    lines := coalesce(lv.register_lines(r), 0);
    pages := coalesce(lv.register_pages(r), 0);
    for page in 1 .. pages loop
        for seal in
            select s.line_no, s.hash, lv.register_hash(r, page, s.line_no, previous) as again
            from data.register_seal as s
            where (s.town_id, s.register_id, s.page_no) = (r.town_id, r.register_id, page)
            order by s.line_no
        loop
            if seal.hash <> seal.again then
                rule := coalesce(rule, 'register_page_changed');
            end if;
            sealed := seal.line_no;
        end loop;
        if rule is null and sealed < least(lines, page * r.lines_a_page) then
            rule := 'register_line_unsealed';
        elsif rule is null and exists (
            select
            from data.register_print as p
            where
                (p.town_id, p.register_id, p.page_no) = (r.town_id, r.register_id, page)
                and p.hash not in (
                    select s.hash
                    from data.register_seal as s
                    where (s.town_id, s.register_id, s.page_no) = (r.town_id, r.register_id, page)
                )
        ) then
            rule := 'register_print_differs';
        end if;
        if rule is not null then
            first_bad_page := page;
            exit;
        end if;
        previous := lv.register_hash(r, page, lines, previous);
    end loop;
    intact := rule is null;
    return next;
end
$$;

-- Every register of a year that the caller may look at, with what waits for it.
create function lv.registers(who data.caller, asked_year int, of_group_code text)
returns table (
    book text, title text, group_code text, group_name text, year int, lines int, pages int, prints int,
    posted_us timestamptz, waiting int, place text
) language plpgsql stable as $$
#variable_conflict use_column
declare
    of_year int := lv.register_year(asked_year);
    scopes uuid[];
begin
    if coalesce(of_group_code, '') <> '' or (who).role in ('clerk', 'leader') then
        scopes := array[lv.register_scope(who, of_group_code)];
    else
        scopes := null::uuid || array(select g.group_id from data.deputy_group as g where g.town_id = (who).town_id);
    end if;
    return query
    select
        b.book, coalesce(r.title, lv.register_title(b.book, of_year)), g.code, lv.register_group_name(s.group_id),
        of_year, coalesce(lv.register_lines(r), 0), coalesce(lv.register_pages(r), 0), n.prints, n.posted_at,
        coalesce(w.waiting, 0), coalesce(g.code, '') || ' ' || b.position
    from lv.register_book as b
    cross join unnest(scopes) as s (group_id)
    left join data.deputy_group as g on (g.town_id, g.group_id) = ((who).town_id, s.group_id)
    left join data.register as r
        on (r.town_id, r.book, r.year) = ((who).town_id, b.book, of_year) and r.group_id is not distinct from s.group_id
    left join (
        select k.book, w.group_id, count(*)::int as waiting
        from lv.register_book as k
        cross join lateral lv.register_waiting(k.book, of_year, scopes) as w
        group by k.book, w.group_id
    ) as w on w.book = b.book and w.group_id is not distinct from s.group_id
    cross join lateral (
        select
            (
                select count(*)::int from data.register_print as p
                where (p.town_id, p.register_id) = (r.town_id, r.register_id)
            ) as prints,
            (
                select max(l.posted_at) from data.register_line as l
                where (l.town_id, l.register_id) = (r.town_id, r.register_id)
            ) as posted_at
    ) as n;
end
$$;
