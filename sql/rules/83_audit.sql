-- The audit as clients ask for it: seals, the check of the records, names for keys. How seals are made: 80_seal.sql.

-- A page of seals, after the town's next one was made if it is time (`at_once`: in any case), then a row with the end.
create function lv.seals(who data.caller, since int, asked int, at_once boolean)
returns table (
    seal_no int, previous bytea, root bytea, operations int, rows int, findings int, sealed_us timestamptz, hash bytea,
    last int
) language plpgsql volatile as $$
begin
    perform lv.make_seal((who).town_id, at_once);
    return query
    select
        s.seal_no, s.previous, s.root, s.operations, s.rows,
        (
            select count(*)::int
            from data.seal_leaf as l
            where (l.town_id, l.seal_no) = (s.town_id, s.seal_no) and l.finding is not null
        ),
        s.sealed_at, s.hash, null::int
    from data.seal as s
    where s.town_id = (who).town_id and s.seal_no > coalesce(since, 0)
    order by s.seal_no
    limit lv.page(asked);
    return query
    select
        null::int, null::bytea, null::bytea, null::int, null::int, null::int, null::timestamptz, null::bytea,
        coalesce(max(s.seal_no), 0)
    from data.seal as s
    where s.town_id = (who).town_id;
end
$$;

-- The codes of the records whose ids stand in a row's key, for people.
create function lv.key_codes(key text) returns text language plpgsql stable strict as $$
declare
    f lv.facet;
    part text;
    code text;
    codes text := '';
begin
    foreach part in array string_to_array(key, ',') loop
        continue when part !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
        for f in
            select * from lv.facets() as d
            where d.has_town and cardinality(d.keys) = 1 and d.keys[1] ~ '_id$' and 'code' = any (d.columns)
        loop
            execute format('select t.code from data.%I as t where t.town_id = $1 and t.%I = $2', f.source, f.keys[1])
            into code
            using lv.town_id(), part::uuid;
            if code is not null then
                codes := concat_ws(' ', nullif(codes, ''), code);
                exit;
            end if;
        end loop;
    end loop;
    return nullif(codes, '');
end
$$;

-- Rows that are not as they were sealed and that no operation has written since; ledger rows that somebody touched or
-- slipped in behind the seals. In the order in which they were sealed, what never was at the end; then a row with sums.
create function lv.verify_records(who data.caller)
returns table (
    facet text, key text, code text, finding text, method int, seal_no int, "position" int, total int, rows int,
    operations int
) language plpgsql stable as $$
declare
    town int := (who).town_id;
    look lv.seal_look := lv.seal_look(town);
    f lv.facet;
    found_one record;
    counted bigint;
    all_rows bigint := 0;
    bad jsonb[] := '{}';
begin
    if (look.state).town_id is null then
        return query select
            null::text, null::text, null::text, null::text, null::int, null::int, null::int, 0, 0, 0;
        return;
    end if;
    for f in select * from lv.facets() loop
        execute format('select count(*) from %s as t', lv.facet_rows(f)) into counted using town;
        all_rows := all_rows + counted;
        bad := bad || array(
            select jsonb_build_object(
                'facet', f.facet, 'key', l.key, 'finding', l.finding, 'seal_no', l.old_no, 'position', l.old_position
            )
            from lv.row_leaves(look, f, null, true) as l
            where l.finding is not null
        );
    end loop;
    bad := bad || array(
        select jsonb_build_object(
            'facet', 'operation', 'key', o.op_id,
            'finding', case
                when n.op_id is null then 'inserted'
                else lv.operation_finding(o, n.own_row, (look.state).epoch_id <> look.epoch)
            end
        )
        from lv.unsealed(null, look.epoch) as u
        join data.operation as o on (o.town_id, o.op_id) = (town, u.op_id)
        left join lv.unsealed(look.state, look.epoch) as n on n.op_id = u.op_id
        where
            n.op_id is null
            or lv.operation_finding(o, n.own_row, (look.state).epoch_id <> look.epoch) is not null
    );
    return query
    select
        b.facet, b.key, lv.key_codes(coalesce(o.record_id::text, case when b.facet <> 'operation' then b.key end)),
        b.finding, o.method, b.seal_no, b.position, null::int, null::int, null::int
    from (
        select d.*
        from jsonb_to_recordset(to_jsonb(bad))
            as d (facet text, key text, finding text, seal_no int, "position" int)
        order by d.seal_no, d.position, d.facet, d.key
        limit lv.page(null)
    ) as b
    left join data.operation as o on b.facet = 'operation' and (o.town_id, o.op_id::text) = (town, b.key)
    order by b.seal_no, b.position, b.facet, b.key;
    return query select
        null::text, null::text, null::text, null::text, null::int, null::int, null::int, cardinality(bad),
        all_rows::int, (select count(*)::int from data.operation as o where o.town_id = town);
end
$$;
