-- Households that deputies help (联系帮带户): one household however many help it (domain.md A7, D2.12). The present
-- stands in data.household and data.household_helper; what it was before a day in data.household_past.

create function lv.household_state(h data.household) returns text language sql immutable as $$
    select case
        when h.void_reason is not null then 'void'
        when h.ended_on is not null then 'ended'
        else 'active'
    end
$$;

create function lv.helper_ids(household uuid) returns uuid[] language sql stable as $$
    select coalesce(array_agg(r.person_id order by r.position), '{}')
    from data.household_helper as r
    where (r.town_id, r.household_id) = (lv.town_id(), household)
$$;

create function lv.helper_codes(ids uuid[]) returns text[] language sql stable as $$
    select coalesce(array_agg(p.code order by i.position), '{}')
    from unnest(ids) with ordinality as i (person_id, position)
    join data.person as p on (p.town_id, p.person_id) = (lv.town_id(), i.person_id)
$$;

-- Deputies reach what they help; clerks and leaders what somebody of their group helps, and in their group's village
-- what nobody helps.
create function lv.household_in_scope(who data.caller, village uuid, helpers uuid[]) returns boolean
language plpgsql stable as $$
begin
    return coalesce(
        case
            when (who).role = 'deputy' then (who).person_id = any (helpers)
            when (who).role in ('clerk', 'leader') and helpers = '{}' then exists (
                select from data.deputy_group as g
                where (g.town_id, g.group_id, g.village_id) = (lv.town_id(), (who).group_id, village)
            )
            when (who).role in ('clerk', 'leader') then exists (
                select from unnest(helpers) as r (person_id)
                where lv.stands_in_group(r.person_id, (who).group_id, lv.today())
            )
            else (who).role in ('office', 'chair', 'auditor')
        end,
        false
    );
end
$$;

-- Deputies in office, each once, one at least.
create function lv.demand_helpers(helpers uuid[]) returns void language plpgsql stable as $$
declare
    today date := lv.today();
begin
    perform lv.demand_value(cardinality(helpers) > 0, 'helper_ids');
    perform
        lv.demand(p.person_id is not null, 'not_found', 'person_unknown', 'person', i.person_id::text),
        lv.demand(
            exists (select from lv.mandates_in_force(i.person_id, today)), 'invalid', 'person_not_in_office',
            'person', p.code, 'day', today::text
        ),
        lv.demand(
            cardinality(array_positions(helpers, i.person_id)) = 1, 'invalid', 'helper_twice', 'person', p.code
        )
    from unnest(helpers) as i (person_id)
    left join data.person as p on (p.town_id, p.person_id) = (lv.town_id(), i.person_id);
end
$$;

create function lv.demand_members(members int) returns void language plpgsql stable as $$
begin
    perform lv.demand_value(members is not null, 'members');
    perform lv.demand(members between 1 and 99, 'invalid', 'bad_members', 'members', members::text);
end
$$;

-- One household has one code: another of the same head in the village is it, unless somebody says why not.
create function lv.demand_other_head(household uuid, in_village uuid, of_head text, why_distinct text) returns void
language plpgsql stable as $$
begin
    perform lv.demand(false, 'conflict', 'household_taken', 'head', h.head, 'household', h.code)
    from data.household as h
    where
        (h.town_id, h.village_id, h.head) = (lv.town_id(), in_village, of_head)
        and h.household_id <> household and lv.household_state(h) = 'active' and why_distinct is null
    order by h.code
    limit 1;
end
$$;

create function lv.set_helpers(household uuid, helpers uuid[]) returns void language plpgsql volatile as $$
begin
    delete from data.household_helper as r where (r.town_id, r.household_id) = (lv.town_id(), household);
    insert into data.household_helper (town_id, household_id, person_id, position)
    select lv.town_id(), household, i.person_id, i.position
    from unnest(helpers) with ordinality as i (person_id, position);
end
$$;

create function lv.register_household(
    who data.caller, op data.op, id uuid, in_village text, new_head text, new_members int, helpers uuid[],
    on_day date, new_distinct text
) returns table (code text, state text) language plpgsql volatile as $$
declare
    today date := lv.today();
    starts date := coalesce(on_day, today);
    village uuid;
    head text := trim(new_head);
    distinct_note text := nullif(trim(new_distinct), '');
begin
    perform lv.demand_step(who, 'household', 'register', 'new', '');
    if (who).role = 'deputy' and cardinality(helpers) = 0 then
        helpers := array[(who).person_id];
    end if;
    perform lv.demand_value(id is not null, 'household_id');
    perform lv.demand_value(head <> '', 'head');
    perform lv.demand_members(new_members);
    village := lv.village_of(in_village);
    perform lv.demand_helpers(helpers);
    perform lv.demand(starts <= today, 'invalid', 'day_in_future', 'day', starts::text);
    perform lv.demand_term_open(starts);
    perform lv.demand(
        lv.household_in_scope(who, village, helpers), 'forbidden', 'not_yours', 'subject', 'household', 'code', head,
        'role', (who).role
    );
    code := lv.next_code('household'); -- and whoever registers the same waits
    perform lv.demand_other_head(id, village, head, distinct_note);
    insert into data.household (
        town_id, household_id, code, village_id, head, members, starts_on, recorded_by, distinct_note
    )
    values (
        (who).town_id, id, code, village, head, new_members, starts, (who).account_id, distinct_note
    );
    perform lv.set_helpers(id, helpers);
    perform lv.add_step(
        who, op, 'household', id, 'register', 'new', 'active', distinct_note,
        jsonb_build_object('members', new_members, 'helpers', lv.helper_codes(helpers))
    );
    state := 'active';
    return next;
end
$$;

-- Other members or helpers from a day on.
create function lv.change_household(
    who data.caller, op data.op, h data.household, day date, new_members int, new_helpers uuid[], new_note text
) returns jsonb language plpgsql volatile as $$
declare
    helpers uuid[] := lv.helper_ids(h.household_id);
    last_change date := (
        select max(p.until_on) from data.household_past as p
        where (p.town_id, p.household_id) = (h.town_id, h.household_id)
    );
begin
    perform lv.demand_value(new_members is not null or cardinality(new_helpers) > 0, 'helper_ids');
    perform lv.demand(
        day >= greatest(h.starts_on, last_change), 'invalid', 'household_day', 'household', h.code, 'day', day::text,
        'first', greatest(h.starts_on, last_change)::text
    );
    if new_members is not null then
        perform lv.demand_members(new_members);
    end if;
    insert into data.household_past (
        town_id, household_id, op_id, until_on, members, helper_ids, note, author_id, recorded_at
    )
    values (
        h.town_id, h.household_id, (op).op_id, day, h.members, helpers, new_note, (who).account_id, lv.now()
    );
    update data.household as d
    set members = coalesce(new_members, d.members)
    where (d.town_id, d.household_id) = (h.town_id, h.household_id);
    if cardinality(new_helpers) > 0 then
        perform lv.demand_helpers(new_helpers);
        perform lv.set_helpers(h.household_id, new_helpers);
    end if;
    return jsonb_build_object(
        'day_on', day,
        'members_before', case when new_members <> h.members then h.members end,
        'members', case when new_members <> h.members then new_members end,
        'helpers_before', case when cardinality(new_helpers) > 0 then lv.helper_codes(helpers) end,
        'helpers', case when cardinality(new_helpers) > 0 then lv.helper_codes(new_helpers) end
    );
end
$$;

create function lv.visit_household(
    who data.caller, op data.op, h data.household, day date, visitor uuid, what text
) returns jsonb language plpgsql volatile as $$
declare
    person uuid := coalesce(visitor, case (who).role when 'deputy' then (who).person_id end);
    helpers uuid[] := lv.helper_ids(h.household_id);
    number int := (
        select count(*) + 1 from data.household_visit as v
        where (v.town_id, v.household_id) = (h.town_id, h.household_id)
    );
begin
    perform lv.demand_value(person is not null, 'person_id');
    perform lv.demand(
        person = any (helpers), 'invalid', 'not_a_helper', 'household', h.code,
        'person', coalesce((lv.helper_codes(array[person]))[1], person::text),
        'helpers', array_to_string(lv.helper_codes(helpers), ' ')
    );
    perform lv.demand(
        day >= h.starts_on, 'invalid', 'household_day', 'household', h.code, 'day', day::text,
        'first', h.starts_on::text
    );
    insert into data.household_visit (
        town_id, household_id, visit_no, visited_on, person_id, text, op_id, author_id, recorded_at
    )
    values (
        h.town_id, h.household_id, number, day, person, what, (op).op_id, (who).account_id, lv.now()
    );
    return jsonb_build_object('visit_no', number, 'day_on', day, 'person', (lv.helper_codes(array[person]))[1]);
end
$$;

create function lv.void_visit(h data.household, number int, reason text) returns jsonb
language plpgsql volatile as $$
begin
    perform lv.demand_value(number is not null, 'visit_no');
    update data.household_visit as v
    set void_reason = reason
    where (v.town_id, v.household_id, v.visit_no) = (h.town_id, h.household_id, number) and v.void_reason is null;
    perform lv.demand(found, 'not_found', 'visit_unknown', 'household', h.code, 'number', number::text);
    return jsonb_build_object('visit_no', number);
end
$$;

create function lv.move_household(
    who data.caller, op data.op, id uuid, do_action text, new_note text, on_day date, new_members int,
    new_helpers uuid[], visitor uuid, number int
) returns table (state text) language plpgsql volatile as $$
declare
    today date := lv.today();
    day date := coalesce(on_day, today);
    h data.household;
    before text;
    facts jsonb := '{}';
begin
    select d.* into h from data.household as d where (d.town_id, d.household_id) = ((who).town_id, id)
    for no key update;
    perform lv.demand(
        h.household_id is not null, 'not_found', 'household_unknown', 'household', coalesce(id::text, '')
    );
    before := lv.household_state(h);
    perform lv.demand_step(who, 'household', do_action, before, h.code);
    perform lv.demand(
        lv.household_in_scope(who, h.village_id, lv.helper_ids(id)), 'forbidden', 'not_yours',
        'subject', 'household', 'code', h.code, 'role', (who).role
    );
    new_note := nullif(trim(new_note), '');
    perform lv.demand_value(new_note is not null, 'note');
    perform lv.demand(day <= today, 'invalid', 'day_in_future', 'day', day::text);
    perform lv.demand_term_open(day);
    case do_action
        when 'change' then
            facts := lv.change_household(who, op, h, day, new_members, new_helpers, new_note);
        when 'visit' then
            facts := lv.visit_household(who, op, h, day, visitor, new_note);
        when 'void_visit' then
            facts := lv.void_visit(h, number, new_note);
        when 'end' then
            perform lv.demand(
                day >= h.starts_on, 'invalid', 'household_day', 'household', h.code, 'day', day::text,
                'first', h.starts_on::text
            );
            update data.household as d
            set (ended_on, end_reason) = (day, new_note)
            where (d.town_id, d.household_id) = (h.town_id, id);
            facts := jsonb_build_object('day_on', day);
        when 'resume' then
            perform lv.demand_other_head(id, h.village_id, h.head, h.distinct_note);
            update data.household as d
            set (ended_on, end_reason) = (null, null)
            where (d.town_id, d.household_id) = (h.town_id, id);
            facts := jsonb_build_object('ended_on_before', h.ended_on);
        else -- void
            update data.household as d
            set void_reason = new_note
            where (d.town_id, d.household_id) = (h.town_id, id);
    end case;
    select lv.household_state(d) into state
    from data.household as d
    where (d.town_id, d.household_id) = (h.town_id, id);
    perform lv.add_step(who, op, 'household', id, do_action, before, state, new_note, facts);
    return next;
end
$$;

-- What is seen.

create function lv.households_seen(who data.caller) returns setof data.household language sql stable as $$
    select h.*
    from data.household as h
    where h.town_id = lv.town_id() and lv.household_in_scope(who, h.village_id, lv.helper_ids(h.household_id))
$$;

-- The household of this id, or of this code, or a refusal.
create function lv.household_found(who data.caller, id uuid, household_code text) returns data.household
language plpgsql stable as $$
declare
    h data.household;
begin
    select d.* into h
    from data.household as d
    where d.town_id = lv.town_id() and case when id is null then d.code = household_code else d.household_id = id end;
    perform lv.demand(
        h.household_id is not null, 'not_found', 'household_unknown', 'household', coalesce(id::text, household_code)
    );
    perform lv.demand(
        lv.household_in_scope(who, h.village_id, lv.helper_ids(h.household_id)), 'forbidden', 'not_yours',
        'subject', 'household', 'code', h.code, 'role', (who).role
    );
    return h;
end
$$;

-- The day of the last visit; null: none yet.
create function lv.last_visit(household uuid) returns date language sql stable as $$
    select max(v.visited_on)
    from data.household_visit as v
    where (v.town_id, v.household_id) = (lv.town_id(), household) and v.void_reason is null
$$;

-- By when it should be visited; null where nobody helps it any more.
create function lv.household_due(h data.household) returns date language sql stable as $$
    select coalesce(lv.last_visit(h.household_id), h.starts_on) + lv.setting('household_visit_days', lv.today())::int
    where lv.household_state(h) = 'active'
$$;

-- As ListHouseholds and GetHousehold show it: the fields of lvzhi.v1.Household but `actions`.
create function lv.household_shown(h data.household) returns table (
    household_id uuid, code text, village_code text, village_name text, head text, members int, helper_codes text[],
    helper_names text[], starts_on date, state text, visits int, last_visit_on date, ended_on date, end_reason text,
    distinct_note text, void_reason text
) language sql stable as $$
    select
        h.household_id, h.code, v.code, v.name, h.head, h.members, lv.helper_codes(lv.helper_ids(h.household_id)),
        array(
            select p.name
            from data.household_helper as r
            join data.person as p on (p.town_id, p.person_id) = (r.town_id, r.person_id)
            where (r.town_id, r.household_id) = (h.town_id, h.household_id)
            order by r.position
        ),
        h.starts_on, lv.household_state(h),
        (
            select count(*)::int from data.household_visit as i
            where (i.town_id, i.household_id) = (h.town_id, h.household_id) and i.void_reason is null
        ),
        lv.last_visit(h.household_id), h.ended_on, h.end_reason, h.distinct_note, h.void_reason
    from data.village as v
    where (v.town_id, v.village_id) = (h.town_id, h.village_id)
$$;
