-- Deeds (好事实事): claimed by a deputy or their room, verified by somebody else, and told from one another (domain.md
-- A7, D2.12). Which step leads where and whose it is stands in 21_transitions.sql.

create function lv.deed_state(d data.deed) returns text language sql immutable as $$
    select case
        when d.rejected then 'rejected'
        when d.void_reason is not null then 'void'
        when d.verified then 'verified'
        else 'claimed'
    end
$$;

-- Who reaches a deed: as with a leave, deputies their own, clerks and leaders those of who stood in their group.
create function lv.deed_in_scope(who data.caller, d data.deed) returns boolean language sql stable as $$
    select lv.leave_in_scope(who, d.person_id, d.done_on)
$$;

create function lv.village_of(of_code text) returns uuid language plpgsql stable as $$
declare
    found uuid := (select v.village_id from data.village as v where (v.town_id, v.code) = (lv.town_id(), of_code));
begin
    perform lv.demand_value(of_code <> '', 'village');
    perform lv.demand(found is not null, 'not_found', 'village_unknown', 'village', of_code);
    return found;
end
$$;

-- How much of the shorter text stands in the other, in percent of its pairs of characters.
create function lv.alike_percent(one text, other text) returns int language sql immutable as $$
    with term as (
        select a.term, b.term is not null as is_shared
        from (select distinct unnest(data.search_terms('', coalesce(one, ''))) as term) as a
        left join (select distinct unnest(data.search_terms('', coalesce(other, ''))) as term) as b using (term)
    ),
    other_size as (select count(distinct t) as terms from unnest(data.search_terms('', coalesce(other, ''))) as t)
    select coalesce(
        (100 * count(*) filter (where t.is_shared) / nullif(least(count(*), max(o.terms)), 0))::int, 0
    )
    from term as t
    cross join other_size as o
$$;

-- Deeds that may be this one: in the same village and near in time, another deputy's of the same kind, or anybody's of
-- a text that reads alike. Not those that somebody has said to be others.
create function lv.deeds_alike(d data.deed) returns table (
    deed_id uuid, code text, person_id uuid, done_on date, kind text, text text, state text, alike_percent int
) language plpgsql stable as $$
declare
    s lv.default_settings := lv.settings(lv.today());
begin
    return query
    select o.deed_id, o.code, o.person_id, o.done_on, o.kind, o.text, lv.deed_state(o), a.percent
    from data.deed as o
    cross join lateral (select lv.alike_percent(o.text, d.text) as percent) as a
    where
        (o.town_id, o.village_id) = (d.town_id, d.village_id)
        and o.done_on between d.done_on - s.deed_near_days and d.done_on + s.deed_near_days
        and o.deed_id <> d.deed_id and o.void_reason is null
        and o.deed_id <> all (d.distinct_ids) and d.deed_id <> all (o.distinct_ids)
        and (a.percent >= s.deed_alike_percent or o.kind = d.kind and o.person_id <> d.person_id)
    order by a.percent desc, o.done_on, o.code;
end
$$;

create function lv.record_deed(
    who data.caller, op data.op, id uuid, person uuid, on_day date, new_kind text, in_village text, new_text text,
    value_yuan bigint, new_witness text
) returns table (code text, state text, looks_alike boolean, alike_codes text[]) language plpgsql volatile as $$
declare
    today date := lv.today();
    d data.deed;
    person_code text;
begin
    perform lv.demand_step(who, 'deed', 'record', 'new', '');
    d.town_id := (who).town_id;
    d.deed_id := id;
    d.person_id := coalesce(person, case (who).role when 'deputy' then (who).person_id end);
    d.done_on := coalesce(on_day, today);
    d.kind := trim(new_kind);
    d.text := trim(new_text);
    d.value_yuan := value_yuan;
    d.witness := nullif(trim(new_witness), '');
    d.verified := false;
    d.rejected := false;
    d.distinct_ids := '{}';
    d.recorded_by := (who).account_id;
    perform lv.demand_value(id is not null, 'deed_id');
    perform lv.demand_value(d.person_id is not null, 'person_id');
    perform lv.demand_value(d.kind <> '', 'deed_kind');
    perform lv.demand_value(d.text <> '', 'text');
    d.village_id := lv.village_of(in_village);
    if value_yuan is not null then
        perform lv.demand_sum(value_yuan, 0);
    end if;
    person_code := (
        select p.code from data.person as p where (p.town_id, p.person_id) = (d.town_id, d.person_id)
    );
    perform lv.demand(person_code is not null, 'not_found', 'person_unknown', 'person', d.person_id::text);
    perform lv.demand(d.done_on <= today, 'invalid', 'day_in_future', 'day', d.done_on::text);
    perform lv.demand_term_open(d.done_on);
    perform lv.demand(
        exists (select from lv.mandates_in_force(d.person_id, d.done_on)), 'invalid', 'person_not_in_office',
        'person', person_code, 'day', d.done_on::text
    );
    perform lv.demand(
        lv.deed_in_scope(who, d), 'forbidden', 'not_yours', 'subject', 'deed', 'code', person_code, 'role', (who).role
    );
    d.code := lv.next_code('deed');
    insert into data.deed (
        town_id, deed_id, code, person_id, done_on, kind, village_id, text, value_yuan, witness, verified, recorded_by
    )
    values (
        d.town_id, id, d.code, d.person_id, d.done_on, d.kind, d.village_id, d.text, value_yuan, d.witness, false,
        d.recorded_by
    );
    perform lv.add_step(
        who, op, 'deed', id, 'record', 'new', 'claimed', null, jsonb_build_object('person', person_code)
    );
    code := d.code;
    state := 'claimed';
    alike_codes := array(select a.code from lv.deeds_alike(d) as a);
    looks_alike := alike_codes <> '{}';
    return next;
end
$$;

-- Who settles a claim made it not: as the deputy, as the recorder, or as who recorded what was claimed again since.
create function lv.is_deed_anothers(who data.caller, d data.deed) returns boolean language plpgsql stable as $$
begin
    return not lv.is_same_actor(who, d.recorded_by) and not lv.is_of_case(who, d.person_id)
        and not exists (
            select
            from data.step as s
            where
                (s.town_id, s.record_id) = (d.town_id, d.deed_id) and s.action in ('record', 'claim_again')
                and s.author_id <> d.recorded_by and lv.is_same_actor(who, s.author_id)
        );
end
$$;

create function lv.demand_deed_anothers(who data.caller, d data.deed) returns void language plpgsql stable as $$
begin
    perform lv.demand(lv.is_deed_anothers(who, d), 'forbidden', 'settle_own_deed', 'code', d.code);
end
$$;

-- Verified: somebody saw it, or it was looked into; and what looks the same is said to be another.
create function lv.verify_deed(
    who data.caller, d data.deed, new_note text, new_witness text, new_distinct text
) returns jsonb language plpgsql volatile as $$
declare
    alike_ids uuid[];
    alike_codes text[];
begin
    select coalesce(array_agg(a.deed_id), '{}'), coalesce(array_agg(a.code), '{}')
    into alike_ids, alike_codes
    from lv.deeds_alike(d) as a;
    perform lv.demand(
        coalesce(new_witness, d.witness, new_note) is not null, 'invalid', 'deed_unwitnessed', 'code', d.code
    );
    perform lv.demand(
        alike_codes = '{}' or new_distinct is not null, 'conflict', 'deed_alike', 'code', d.code,
        'codes', array_to_string(alike_codes, ' ')
    );
    update data.deed as o
    set
        verified = true, settled_by = (who).account_id, settled_on = lv.today(), checked = new_note,
        witness = coalesce(new_witness, o.witness), distinct_ids = o.distinct_ids || alike_ids,
        distinct_note = coalesce(new_distinct, o.distinct_note)
    where (o.town_id, o.deed_id) = (d.town_id, d.deed_id);
    return jsonb_build_object(
        'witness', new_witness, 'distinct_from', nullif(alike_codes, '{}'),
        'distinct_note', case when alike_codes <> '{}' then new_distinct end
    );
end
$$;

-- The same deed as another one, which stays: this one is void and names it.
create function lv.join_deed(who data.caller, d data.deed, same_code text) returns jsonb
language plpgsql volatile as $$
declare
    kept data.deed;
begin
    -- Held: of two that are joined to one another at once, one stays.
    select o.* into kept from data.deed as o where (o.town_id, o.code) = (d.town_id, same_code) for no key update;
    perform lv.demand_value(same_code <> '', 'same_as_code');
    perform lv.demand(kept.deed_id is not null, 'not_found', 'deed_unknown', 'deed', same_code);
    perform lv.demand(
        kept.deed_id <> d.deed_id and kept.void_reason is null, 'invalid', 'join_with', 'code', d.code,
        'deed', kept.code
    );
    update data.deed as o
    set
        void_reason = '与 ' || kept.code || ' 是同一件事', same_as_id = kept.deed_id, settled_by = (who).account_id,
        settled_on = lv.today()
    where (o.town_id, o.deed_id) = (d.town_id, d.deed_id);
    return jsonb_build_object('same_as', kept.code);
end
$$;

create function lv.move_deed(
    who data.caller, op data.op, id uuid, do_action text, new_note text, new_witness text, new_distinct text,
    same_code text
) returns table (state text) language plpgsql volatile as $$
declare
    d data.deed;
    before text;
    facts jsonb := '{}';
begin
    select o.* into d from data.deed as o where (o.town_id, o.deed_id) = ((who).town_id, id) for no key update;
    perform lv.demand(d.deed_id is not null, 'not_found', 'deed_unknown', 'deed', coalesce(id::text, ''));
    before := lv.deed_state(d);
    perform lv.demand_step(who, 'deed', do_action, before, d.code);
    perform lv.demand(
        lv.deed_in_scope(who, d), 'forbidden', 'not_yours', 'subject', 'deed', 'code', d.code, 'role', (who).role
    );
    new_note := nullif(trim(new_note), '');
    new_witness := nullif(trim(new_witness), '');
    new_distinct := nullif(trim(new_distinct), '');
    perform lv.demand_value(new_note is not null or do_action in ('verify', 'join'), 'note');
    if do_action in ('verify', 'reject', 'join') then
        perform lv.demand_deed_anothers(who, d);
    end if;
    case do_action
        when 'verify' then
            facts := lv.verify_deed(who, d, new_note, new_witness, new_distinct);
        when 'join' then
            facts := lv.join_deed(who, d, same_code);
        when 'reject' then
            update data.deed as o
            set rejected = true, void_reason = new_note, settled_by = (who).account_id, settled_on = lv.today()
            where (o.town_id, o.deed_id) = (d.town_id, id);
        when 'claim_again' then
            update data.deed as o
            set
                rejected = false, void_reason = null, settled_by = null, settled_on = null,
                recorded_by = (who).account_id, witness = coalesce(new_witness, o.witness)
            where (o.town_id, o.deed_id) = (d.town_id, id);
            facts := jsonb_build_object('witness', new_witness);
        else -- withdraw, void
            update data.deed as o
            set rejected = false, void_reason = new_note
            where (o.town_id, o.deed_id) = (d.town_id, id);
    end case;
    select lv.deed_state(o) into state from data.deed as o where (o.town_id, o.deed_id) = (d.town_id, id);
    perform lv.add_step(who, op, 'deed', id, do_action, before, state, new_note, facts);
    return next;
end
$$;

-- What is seen.

create function lv.deeds_seen(who data.caller) returns setof data.deed language sql stable as $$
    select d.* from data.deed as d where d.town_id = lv.town_id() and lv.deed_in_scope(who, d)
$$;

-- The deed of this id, or of this code, or a refusal.
create function lv.deed_found(who data.caller, id uuid, deed_code text) returns data.deed language plpgsql stable as $$
declare
    d data.deed;
begin
    select o.* into d
    from data.deed as o
    where o.town_id = lv.town_id() and case when id is null then o.code = deed_code else o.deed_id = id end;
    perform lv.demand(d.deed_id is not null, 'not_found', 'deed_unknown', 'deed', coalesce(id::text, deed_code));
    perform lv.demand(
        lv.deed_in_scope(who, d), 'forbidden', 'not_yours', 'subject', 'deed', 'code', d.code, 'role', (who).role
    );
    return d;
end
$$;

-- As ListDeeds and GetDeed show it: the fields of lvzhi.v1.Deed but `actions`.
create function lv.deed_shown(d data.deed) returns table (
    deed_id uuid, code text, person_code text, person_name text, done_on date, kind text, village_code text,
    village_name text, text text, value_yuan bigint, witness text, state text, recorded_by text, settled_by text,
    settled_on date, checked text, distinct_note text, distinct_codes text[], same_as_code text, void_reason text
) language sql stable as $$
    select
        d.deed_id, d.code, p.code, p.name, d.done_on, d.kind, v.code, v.name, d.text, d.value_yuan, d.witness,
        lv.deed_state(d), a.login, c.login, d.settled_on, d.checked, d.distinct_note,
        array(
            select o.code from data.deed as o
            where o.town_id = d.town_id and o.deed_id = any (d.distinct_ids)
            order by o.code
        ),
        k.code, d.void_reason
    from data.person as p
    left join data.village as v on (v.town_id, v.village_id) = (d.town_id, d.village_id)
    left join data.account as a on (a.town_id, a.account_id) = (d.town_id, d.recorded_by)
    left join data.account as c on (c.town_id, c.account_id) = (d.town_id, d.settled_by)
    left join data.deed as k on (k.town_id, k.deed_id) = (d.town_id, d.same_as_id)
    where (p.town_id, p.person_id) = (d.town_id, d.person_id)
$$;
