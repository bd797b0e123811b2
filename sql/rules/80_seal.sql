-- Seals: who owns the database can change any row, but not so that nobody sees it (research: systems.md 5.3).
--
-- A seal's leaves are the ledger rows that came since the one before, and every row of the records that is new, changed
-- or gone since it was last sealed. A row of the records is what it should be where it is as it was sealed, or where
-- the transaction that wrote it (its xmin) is one of an operation, whose ledger row says who, when and what. Anything
-- else was done by hand and is a finding: in the seal that meets it first, where it stays, and in every check before.
--
-- Ledger rows are each sealed once and none is lost as 70_feed.sql says of the feed: whoever asks first takes what has
-- become visible, with the town's row of data.seal_state locked, and looks from `settled` on. The rows of the records
-- are read in a later statement than the ledger: what an operation in this seal did is in it or in an earlier one.
--
-- xmin has 32 bits. What it stands for is the newest transaction with these bits: right for every row written within
-- the last four billion transactions, and only of rows written since the last seal is it asked.
--
-- After a restore every row has the restore's transaction: what is as it was sealed holds, and what is not can be the
-- work of the operations that the dump had and no seal: there are some, or it is a finding.
--
-- What this cannot see: a change by hand before the first seal, one that an operation overwrites before the next, and
-- an operation that the database's owner makes up, with its ledger row. That stands in the log under somebody's name.

-- How tables are sealed, other than row by row with all columns, changed by operations only.
create view lv.seal_exception with (security_invoker = true) as
select e.source, e.treatment
from (
    values
    -- out: holds no record, or can be made anew from what is sealed
    ('session_token', 'out'), ('login_failure', 'out'), ('import', 'out'), ('import_file', 'out'),
    ('import_row', 'out'), ('upload', 'out'), ('upload_chunk', 'out'), ('counter', 'out'), ('change', 'out'),
    ('feed', 'out'), ('seal', 'out'), ('seal_leaf', 'out'), ('seal_shape', 'out'), ('seal_state', 'out'),
    ('operation', 'out'), -- sealed as itself
    -- log: rows come without an operation of their own (a read that leaves one, a migration, an enrolment), and change
    -- with operations only
    ('identity_look', 'log'), ('attachment_look', 'log'), ('register_print', 'log'), ('export', 'log'),
    ('migration', 'log'), ('device', 'log'),
    -- large: too much to be read at every check; what was written since the last seal is, and after a restore all
    ('attachment_chunk', 'large'),
    -- set: rows may go again, with an operation on what they belong to (the first column of their key)
    ('suggestion_proposer', 'set'), ('household_helper', 'set')
) as e (source, treatment);

-- A table as it is sealed.
create type lv.facet as (
    facet text,
    source text,
    treatment text,
    keys text[],
    columns text[],
    has_town boolean,
    condition text -- of the rows, `t`
);

-- All of them. A device gets its key when it enrols, and once: a facet of its own.
create function lv.facets() returns setof lv.facet language sql stable as $$
    with source as (
        select
            c.oid, c.relname::text as name, coalesce(e.treatment, 'records') as treatment,
            exists (
                select from pg_attribute as a where a.attrelid = c.oid and a.attname = 'town_id'
            ) as has_town,
            (
                select array_agg(a.attname::text order by k.position)
                from pg_index as i
                cross join lateral unnest(i.indkey::int[]) with ordinality as k (attnum, position)
                join pg_attribute as a on a.attrelid = c.oid and a.attnum = k.attnum
                where i.indrelid = c.oid and i.indisprimary
                    and (a.attname <> 'town_id' or i.indnatts = 1)
            ) as keys,
            (
                select array_agg(a.attname::text order by a.attnum)
                from pg_attribute as a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            ) as columns
        from pg_class as c
        left join lv.seal_exception as e on e.source = c.relname
        where c.relnamespace = 'data'::regnamespace and c.relkind = 'r'
    )
    select
        s.name, s.name, s.treatment, s.keys,
        case s.name
            when 'device' then array_remove(array_remove(array_remove(
                s.columns, 'public_key'), 'enrolled_at'), 'name')
            else s.columns
        end,
        s.has_town,
        case s.name when 'migration' then 't.version > 0' else 'true' end -- version 0 is the rules, anew each time
    from source as s
    where s.treatment <> 'out'
    union all
    select 'device_key', s.name, 'log', s.keys, '{device_id,public_key,enrolled_at}', true, 't.public_key is not null'
    from source as s
    where s.name = 'device'
    order by 1
$$;

-- Bytes.

-- A value among others: its length as int32, then its bytes; -1 for none.
create function lv.sealed_field(value bytea) returns bytea language sql immutable as $$
    select coalesce(int4send(octet_length(value)) || value, '\xffffffff'::bytea)
$$;

-- Microseconds since 1970 as int64.
create function lv.sealed_time(moment timestamptz) returns bytea language sql immutable as $$
    select int8send((extract(epoch from moment) * 1000000)::bigint)
$$;

-- audit.proto says the same to who checks it elsewhere.
create function lv.operation_hash(o data.operation) returns bytea language sql immutable as $$
    select sha256(
        lv.sealed_field(int4send(o.town_id)) || lv.sealed_field(uuid_send(o.op_id))
        || lv.sealed_field(int4send(o.method)) || lv.sealed_field(o.digest) || lv.sealed_field(sha256(o.reply))
        || lv.sealed_field(uuid_send(o.author_id)) || lv.sealed_field(uuid_send(o.device_id))
        || lv.sealed_field(int8send(o.device_seq)) || lv.sealed_field(lv.sealed_time(o.authored_at))
        || lv.sealed_field(lv.sealed_time(o.recorded_at)) || lv.sealed_field(int4send(o.topics))
        || lv.sealed_field(uuid_send(o.record_id)) || lv.sealed_field(int8send(o.clock_off_ms))
        || lv.sealed_field(int8send(o.place)) || lv.sealed_field(int8send(o.xact::text::bigint))
    )
$$;

create function lv.leaf_hash(facet text, key text, hash bytea, finding text) returns bytea language sql immutable as $$
    select sha256(
        '\x00'::bytea || lv.sealed_field(convert_to(facet, 'UTF8')) || lv.sealed_field(convert_to(key, 'UTF8'))
        || lv.sealed_field(hash) || lv.sealed_field(convert_to(finding, 'UTF8'))
    )
$$;

-- RFC 9162: neighbours in pairs, level by level; one that is left over goes up as it is.
create function lv.merkle_root(leaves bytea[]) returns bytea language plpgsql immutable as $$
declare
    level bytea[] := leaves;
begin
    if coalesce(cardinality(level), 0) = 0 then
        return sha256('');
    end if;
    while cardinality(level) > 1 loop
        level := (
            select array_agg(
                case when p.other is null then p.node else sha256('\x01'::bytea || p.node || p.other) end
                order by p.position
            )
            from (
                select n.node, lead(n.node) over (order by n.position) as other, n.position
                from unnest(level) with ordinality as n (node, position)
            ) as p
            where p.position % 2 = 1
        );
    end loop;
    return level[1];
end
$$;

create function lv.seal_hash(previous bytea, town int, seal_no int, root bytea, leaves int, sealed_at timestamptz)
returns bytea language sql immutable as $$
    select sha256(
        previous || int4send(town) || int4send(seal_no) || root || int4send(leaves) || lv.sealed_time(sealed_at)
    )
$$;

-- The ledger's rows.

-- What no seal has yet (`state` is null before the first). `own_row`: written by the transaction that it names.
create function lv.unsealed(state data.seal_state, epoch uuid)
returns table (op_id uuid, place bigint, record_id uuid, own_row boolean) language sql stable as $$
    select o.op_id, o.place, o.record_id, o.xmin::text::bigint = o.xact::text::bigint & 4294967295
    from data.operation as o
    where
        o.town_id = lv.town_id()
        and o.xact >= case when (state).epoch_id = epoch then (state).settled else '0' end
        and o.topics is not null -- operation_feed
        and o.place > case when (state).epoch_id = epoch then (state).old_place else 0 end
        and (
            select l.seal_no
            from data.seal_leaf as l
            where (l.town_id, l.facet, l.key) = (o.town_id, 'operation', o.op_id::text)
            limit 1
        ) is null
    union all
    select o.op_id, o.place, o.record_id, o.xmin::text::bigint = o.xact::text::bigint & 4294967295
    from data.operation as o
    where
        o.town_id = lv.town_id()
        and o.xact >= case when (state).epoch_id = epoch then (state).settled else '0' end
        and o.topics is null -- operation_quiet
        and o.place > case when (state).epoch_id = epoch then (state).old_place else 0 end
        and (
            select l.seal_no
            from data.seal_leaf as l
            where (l.town_id, l.facet, l.key) = (o.town_id, 'operation', o.op_id::text)
            limit 1
        ) is null
$$;

-- Is this the transaction of an operation, of the town or of the administrators? As the owner: the town's own rows
-- show only the town's operations.
create function lv.is_operations(transaction bigint) returns boolean
language sql stable security definer set search_path = lv, data, pg_temp as $$
    select
        exists (
            select from data.operation as o
            where o.town_id = lv.town_id() and o.xact = transaction::text::xid8 and o.topics is not null
        ) or exists (
            select from data.operation as o
            where o.town_id = lv.town_id() and o.xact = transaction::text::xid8 and o.topics is null
        ) or exists (
            select from data.operation as o
            where o.town_id = 0 and o.xact = transaction::text::xid8 and o.topics is null
        ) or exists (
            select from data.operation as o
            where o.town_id = 0 and o.xact = transaction::text::xid8 and o.topics is not null
        )
$$;

-- What is wrong with a ledger row that is not sealed yet. Written by another transaction than it says: somebody touched
-- it. After a restore that says nothing (`restored`).
create function lv.operation_finding(o data.operation, own_row boolean, restored boolean) returns text
language sql stable as $$
    select case
        when not own_row and not restored then 'changed'
        when
            octet_length(o.digest) <> 32
            or not exists (
                select from data.account as a where (a.town_id, a.account_id) = (o.town_id, o.author_id)
            )
            or o.device_id is not null and not exists (
                select from data.device as d where (d.town_id, d.device_id) = (o.town_id, o.device_id)
            )
            then 'inserted'
    end
$$;

-- The rows of the records.

-- SQL for one table of a facet: its rows `t` with seal_key and seal_xact, the transaction that wrote them.
create function lv.facet_rows(f lv.facet) returns text language sql immutable as $$
    select format(
        '(select btrim(row(%s)::text, ''()'') as seal_key,'
        ' (select n.x - ((n.x - t.xmin::text::bigint) & 4294967295)'
        ' from (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as x) as n) as seal_xact, t.*'
        ' from data.%I as t where %s and %s)',
        (select string_agg(format('t.%I', k.name), ', ' order by k.position)
         from unnest((f).keys) with ordinality as k (name, position)),
        (f).source, case when (f).has_town then 't.town_id = $1' else 'true' end, (f).condition
    )
$$;

-- SQL for the hash of a row `t`: SHA-256 of the columns as PostgreSQL writes them in a row value.
create function lv.facet_hash(columns text[]) returns text language sql immutable as $$
    select format(
        'sha256(convert_to(row(%s)::text, ''UTF8''))', string_agg(format('t.%I', c.name), ', ' order by c.position)
    )
    from unnest(columns) with ordinality as c (name, position)
$$;

-- SQL for a row's hash as it was sealed: of the columns of that time; null where one of them is no more.
create function lv.facet_old_hash(f lv.facet, town int) returns text language sql stable as $$
    select coalesce(
        'case l.shape_no ' || string_agg(format('when %s then %s', s.shape_no, lv.facet_hash(s.columns)), ' ')
        || ' end',
        'null::bytea'
    )
    from data.seal_shape as s
    where (s.town_id, s.facet) = (town, (f).facet) and s.columns <@ (f).columns
$$;

-- Rows that are not as their last leaf has them (`differs`): all of them (`whole`), or those written since a
-- transaction; `renewed`: with them those that are. What a column looks like as text must not hang on who asks.
create function lv.differing_rows(f lv.facet, town int, since bigint, whole boolean, renewed boolean)
returns table (
    key text, hash bytea, xact bigint, differs boolean, old_hash bytea, old_no int, old_position int, shape_lost boolean
)
language plpgsql stable
set timezone = 'UTC' set datestyle = 'ISO, YMD' set intervalstyle = 'postgres' set bytea_output = 'hex'
set extra_float_digits = 1 as $$
declare
    old_hash text := lv.facet_old_hash(f, town);
    lost int[] := array(
        select s.shape_no from data.seal_shape as s
        where (s.town_id, s.facet) = (town, (f).facet) and not s.columns <@ (f).columns
    );
begin
    return query execute format(
        'select coalesce(t.seal_key, l.key), case when t.seal_key is not null then %s end, t.seal_xact, d.differs,'
        ' l.hash, l.seal_no, l.position, l.shape_no = any ($4)'
        ' from %s as t %s'
        ' cross join lateral (select case when t.seal_key is null then l.hash is not null when l.hash is null then true'
        ' when $6 and t.seal_xact < $3 then false else l.hash is distinct from %s end as differs) as d'
        ' where (d.differs or $5)',
        lv.facet_hash((f).columns), lv.facet_rows(f),
        case
            when whole then
                'full join (select distinct on (s.key) s.* from data.seal_leaf as s where (s.town_id, s.facet) ='
                ' ($1, $2) order by s.key, s.seal_no desc) as l on l.key = t.seal_key'
            else
                'left join lateral (select s.* from data.seal_leaf as s where (s.town_id, s.facet, s.key) ='
                ' ($1, $2, t.seal_key) order by s.seal_no desc limit 1) as l on true'
        end,
        old_hash
    ) || case when whole then '' else ' and t.seal_xact >= $3' end
    using town, (f).facet, since, lost, renewed, (f).treatment = 'large';
end
$$;

-- What is known when a town is looked at.
create type lv.seal_look as (
    town_id int,
    state data.seal_state, -- null: never sealed
    epoch uuid,
    restored boolean, -- since the last seal, with operations that no seal has
    migrations bigint[] -- transactions of those that no seal has
);

create function lv.seal_look(town int) returns lv.seal_look language plpgsql stable as $$
declare
    look lv.seal_look;
begin
    look.town_id := town;
    look.epoch := lv.epoch_id();
    look.state := (select s from data.seal_state as s where s.town_id = town and s.last_no > 0);
    look.restored := (look.state).town_id is not null and (look.state).epoch_id <> look.epoch
        and exists (select from lv.unsealed(look.state, look.epoch) as u where not u.own_row);
    look.migrations := array(
        select d.xact
        from lv.facets() as f
        cross join lateral lv.differing_rows(f, town, 0, true, false) as d
        where f.facet = 'migration' and d.old_no is null
    );
    return look;
end
$$;

-- Did an operation since the last seal (or one of seal `seal_no`, being made) touch what a row belongs to?
create function lv.is_touched(look lv.seal_look, seal_no int, key text) returns boolean language sql stable as $$
    select exists (
        select from lv.unsealed((look).state, (look).epoch) as u
        where u.record_id is null or u.record_id::text = split_part(key, ',', 1)
    ) or exists (
        select
        from data.seal_leaf as l
        join data.operation as o on o.town_id = l.town_id and o.op_id::text = l.key
        where
            l.town_id = (look).town_id and l.seal_no = is_touched.seal_no and l.facet = 'operation'
            and (o.record_id is null or o.record_id::text = split_part(is_touched.key, ',', 1))
    )
$$;

-- The rows of a facet that a seal has to say something of, and what is wrong with them (null: nothing). Where a
-- migration has changed the columns, a seal has all of them anew.
create function lv.row_leaves(look lv.seal_look, f lv.facet, seal_no int, whole boolean)
returns table (key text, hash bytea, finding text, old_no int, old_position int) language plpgsql stable as $$
declare
    shape text[] := (
        select s.columns
        from data.seal_shape as s
        where (s.town_id, s.facet) = (look.town_id, (f).facet)
        order by s.shape_no desc
        limit 1
    );
    -- The first time a table is sealed it is taken as it is.
    is_new boolean := (look.state).town_id is null or shape is null;
    renewed boolean := not whole and shape <> (f).columns;
    since bigint := case
        when is_new or renewed or (look.state).epoch_id <> look.epoch then 0
        else (look.state).settled::text::bigint
    end;
begin
    return query
    with differing as materialized (
        select d.*
        from lv.differing_rows(f, look.town_id, since, whole or (f).treatment = 'set', coalesce(renewed, false)) as d
    ),
    writer as materialized (
        select x.xact, x.xact = any (look.migrations) or lv.is_operations(x.xact) as is_known
        from (select distinct d.xact from differing as d where d.differs and not is_new) as x
    )
    select
        d.key, d.hash,
        case
            when not d.differs or is_new and d.old_no is null then null
            when d.hash is null then case
                when (f).treatment = 'set' and lv.is_touched(look, row_leaves.seal_no, d.key) then null
                else 'deleted'
            end
            when d.old_hash is null and (f).treatment = 'log' then null
            when w.is_known or look.restored then null
            when d.shape_lost and cardinality(look.migrations) > 0 then null
            when d.old_hash is null then 'inserted'
            else 'changed'
        end,
        d.old_no, d.old_position
    from differing as d
    left join writer as w on w.xact = d.xact;
end
$$;

-- Sealing.

create function lv.seal_leaves(look lv.seal_look, number int) returns void language plpgsql volatile as $$
declare
    f lv.facet;
    last_shape data.seal_shape;
    done int; -- leaves so far
    added int;
begin
    insert into data.seal_leaf (town_id, seal_no, position, facet, key, hash, finding)
    select
        look.town_id, number, row_number() over (order by u.place, u.op_id), 'operation', u.op_id::text,
        lv.operation_hash(o),
        case
            when (look.state).town_id is not null
                then lv.operation_finding(o, u.own_row, (look.state).epoch_id <> look.epoch)
        end
    from lv.unsealed(look.state, look.epoch) as u
    join data.operation as o on (o.town_id, o.op_id) = (look.town_id, u.op_id);
    get diagnostics done = row_count;
    for f in select * from lv.facets() loop
        select *
        into last_shape
        from data.seal_shape as s
        where (s.town_id, s.facet) = (look.town_id, f.facet)
        order by s.shape_no desc
        limit 1;
        insert into data.seal_leaf (town_id, seal_no, position, facet, key, shape_no, hash, finding)
        select
            look.town_id, number, done + row_number() over (order by l.key), f.facet, l.key,
            coalesce(last_shape.shape_no + (last_shape.columns <> f.columns)::int, 1), l.hash, l.finding
        from lv.row_leaves(look, f, number, false) as l;
        get diagnostics added = row_count;
        done := done + added;
        if last_shape.columns is distinct from f.columns then
            insert into data.seal_shape (town_id, facet, shape_no, columns)
            values (look.town_id, f.facet, coalesce(last_shape.shape_no, 0) + 1, f.columns);
        end if;
    end loop;
end
$$;

-- Makes the town's next seal where there is something to seal, and time: whoever asks first does it for all.
create function lv.make_seal(town int, at_once boolean) returns void language plpgsql volatile as $$
declare
    pause interval := make_interval(mins => lv.setting('seal_minutes', lv.today())::int);
    look lv.seal_look;
    held data.seal_state;
    oldest xid8;
    former bigint; -- the highest place of an earlier epoch
    number int;
    is_made boolean;
    last data.seal;
begin
    select * into held from data.seal_state as s where s.town_id = town;
    if not at_once and held.looked_at > now() - pause then
        return;
    end if;
    insert into data.seal_state (town_id, last_no, settled, epoch_id, old_place, looked_at)
    values (town, 0, '0', lv.epoch_id(), 0, '-infinity')
    on conflict (town_id) do nothing;
    if at_once then
        select * into held from data.seal_state as s where s.town_id = town for no key update;
    else
        -- Locked: somebody is making it.
        select * into held from data.seal_state as s where s.town_id = town for no key update skip locked;
        if held.town_id is null or held.looked_at > now() - pause then
            return;
        end if;
    end if;
    look := lv.seal_look(town);
    oldest := pg_snapshot_xmin(pg_current_snapshot());
    former := case
        when held.epoch_id = look.epoch then held.old_place
        else (
            select coalesce(max(o.place), 0)
            from data.operation as o
            where o.town_id = town and o.xact >= pg_snapshot_xmax(pg_current_snapshot())
        )
    end;
    number := held.last_no + 1;
    perform lv.seal_leaves(look, number);
    select * into last from data.seal as s where (s.town_id, s.seal_no) = (town, held.last_no);
    insert into data.seal (town_id, seal_no, previous, root, operations, rows, sealed_at, hash)
    select
        town, number, p.previous, l.root, l.operations, l.leaves - l.operations, now(),
        lv.seal_hash(p.previous, town, number, l.root, l.leaves, now())
    from (select coalesce(last.hash, decode(repeat('00', 32), 'hex')) as previous) as p
    cross join (
        select
            lv.merkle_root(array_agg(lv.leaf_hash(s.facet, s.key, s.hash, s.finding) order by s.position)) as root,
            count(*) filter (where s.facet = 'operation')::int as operations, count(*)::int as leaves
        from data.seal_leaf as s
        where (s.town_id, s.seal_no) = (town, number)
    ) as l
    where l.leaves > 0;
    is_made := found;
    update data.seal_state as s
    set (last_no, settled, epoch_id, old_place, looked_at) = (
        held.last_no + is_made::int, oldest, look.epoch, former, clock_timestamp()
    )
    where s.town_id = town;
end
$$;
