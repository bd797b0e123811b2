-- A group's papers: its yearly plan and summary (小组活动计划、总结), approved by another than who wrote them; what an
-- inspector saw in its room; and which voters its deputies keep up with (domain.md A1, A4, A7).

-- The month and day of a setting such as 331, in a year.
create function lv.day_of_year(of_key text, in_year int) returns date language sql stable as $$
    select make_date(in_year, s.value / 100, s.value % 100)
    from (select lv.setting(of_key, make_date(in_year, 12, 31))::int as value) as s
$$;

create function lv.paper_due(kind text, in_year int) returns date language sql stable as $$
    select lv.day_of_year(case kind when 'plan' then 'group_plan_due' else 'group_summary_due' end, in_year)
$$;

-- Everybody's of the office, rooms their own group's, deputies those of the groups that they stand in.
create function lv.group_seen(who data.caller, of_group uuid) returns boolean language plpgsql stable as $$
begin
    return case
        when (who).role = 'deputy' then lv.stands_in_group((who).person_id, of_group, lv.today())
        else lv.in_scope(who, of_group, null, null)
    end;
end
$$;

create function lv.group_named(group_code text) returns uuid language plpgsql stable as $$
declare
    found uuid := (
        select g.group_id from data.deputy_group as g where (g.town_id, g.code) = (lv.town_id(), group_code)
    );
begin
    perform lv.demand(found is not null or group_code is null, 'not_found', 'group_unknown', 'group', group_code);
    return found;
end
$$;

-- The same, of a group that the caller may look at.
create function lv.group_found(who data.caller, group_code text) returns uuid language plpgsql stable as $$
declare
    found uuid := lv.group_named(group_code);
begin
    perform lv.demand(
        found is null or lv.group_seen(who, found), 'forbidden', 'not_yours', 'subject', 'group', 'code', group_code,
        'role', (who).role
    );
    return found;
end
$$;

-- Papers.

create function lv.papers_seen(who data.caller) returns setof data.group_paper language sql stable as $$
    select p.*
    from data.group_paper as p
    where p.town_id = lv.town_id() and lv.group_seen(who, p.group_id)
        and ((who).role <> 'deputy' or p.state = 'approved')
$$;

create function lv.paper_found(who data.caller, id uuid, paper_code text) returns uuid language plpgsql stable as $$
declare
    found uuid := (
        select p.paper_id from data.group_paper as p
        where p.town_id = lv.town_id() and case when id is null then p.code = paper_code else p.paper_id = id end
    );
begin
    perform lv.demand(found is not null, 'not_found', 'paper_unknown', 'paper', coalesce(id::text, paper_code, ''));
    perform lv.demand(
        exists (select from lv.papers_seen(who) as p where p.paper_id = found), 'forbidden', 'not_yours', 'subject',
        'paper', 'code', coalesce(paper_code, id::text), 'role', (who).role
    );
    return found;
end
$$;

create function lv.write_paper(
    who data.caller, op data.op, id uuid, new_kind text, in_year int, new_text text, out code text, out due_on date
) language plpgsql volatile as $$
declare
    today date := lv.today();
    p data.group_paper;
    other text;
begin
    perform lv.demand_value(id is not null, 'paper_id');
    new_text := nullif(trim(new_text), '');
    select * into p from data.group_paper as d where (d.town_id, d.paper_id) = ((who).town_id, id) for no key update;
    perform lv.demand_step(
        who, 'paper', case when p.paper_id is null then 'write' else 'change' end, coalesce(p.state, 'new'),
        coalesce(p.code, '')
    );
    perform lv.demand_value(new_text is not null, 'text');
    if p.paper_id is not null then
        perform lv.demand_scope(who, p.group_id, null, null, 'paper', p.code);
        update data.group_paper as d set text = new_text, written_by = (who).account_id
        where (d.town_id, d.paper_id) = (p.town_id, id);
        perform lv.add_step(
            who, op, 'paper', id, 'change', p.state, p.state, null, jsonb_build_object('text_before', p.text)
        );
        code := p.code;
        due_on := lv.paper_due(p.kind, p.year);
        return;
    end if;
    perform lv.demand_value(new_kind is not null, 'kind');
    in_year := coalesce(in_year, extract(year from today)::int);
    perform lv.demand(
        in_year between extract(year from today)::int - 1 and extract(year from today)::int + 1, 'invalid',
        'year_range', 'year', in_year::text
    );
    -- Two that write at once: the group's row is held.
    perform from data.deputy_group as g where (g.town_id, g.group_id) = ((who).town_id, (who).group_id)
    for no key update;
    other := (
        select d.code from data.group_paper as d
        where
            (d.town_id, d.group_id, d.year, d.kind) = ((who).town_id, (who).group_id, in_year, new_kind)
            and d.void_reason is null
    );
    perform lv.demand(
        other is null, 'conflict', 'paper_exists', 'paper', other, 'year', in_year::text
    );
    code := lv.next_code('paper');
    due_on := lv.paper_due(new_kind, in_year);
    insert into data.group_paper (
        town_id, paper_id, code, group_id, kind, year, text, state, written_by, state_since
    )
    values (
        (who).town_id, id, code, (who).group_id, new_kind, in_year, new_text, 'draft', (who).account_id, today
    );
    perform lv.add_step(
        who, op, 'paper', id, 'write', 'new', 'draft', null, jsonb_build_object('kind', new_kind, 'year', in_year)
    );
end
$$;

create function lv.move_paper(
    who data.caller, op data.op, id uuid, do_action text, new_note text, out state text, out submitted_late boolean
) language plpgsql volatile as $$
declare
    today date := lv.today();
    p data.group_paper;
    n data.group_paper;
begin
    new_note := nullif(trim(new_note), '');
    select * into p from data.group_paper as d where (d.town_id, d.paper_id) = ((who).town_id, id) for no key update;
    perform lv.demand(p.paper_id is not null, 'not_found', 'paper_unknown', 'paper', coalesce(id::text, ''));
    perform lv.demand_step(who, 'paper', do_action, p.state, p.code);
    perform lv.demand_scope(who, p.group_id, null, null, 'paper', p.code);
    perform lv.demand_value(new_note is not null or do_action not in ('send_back', 'void'), 'note');
    n := p;
    case do_action
        when 'submit' then
            n.state := 'submitted';
            n.submitted_on := today; -- what is sent back was not there in time
        when 'approve' then
            perform lv.demand(
                not lv.is_same_actor(who, p.written_by), 'forbidden', 'approve_own_paper', 'paper', p.code
            );
            n.state := 'approved';
            n.approved_on := today;
        when 'send_back' then
            n.state := 'draft';
            n.submitted_on := null;
        when 'void' then
            n.state := 'void';
            n.void_reason := new_note;
    end case;
    update data.group_paper as d
    set
        state = n.state, submitted_on = n.submitted_on, approved_on = n.approved_on, void_reason = n.void_reason,
        state_since = today
    where (d.town_id, d.paper_id) = (p.town_id, id);
    perform lv.add_step(who, op, 'paper', id, do_action, p.state, n.state, new_note);
    if do_action = 'submit' then
        perform lv.tell(
            who, op, 'paper', id, '小组交来' || case p.kind when 'plan' then '年度计划' else '年终总结' end, p.code,
            null, null, null, 'office'
        );
    elsif do_action in ('approve', 'send_back') then
        perform lv.tell(
            who, op, 'paper', id, case do_action when 'approve' then '已审定：' else '退回修改：' end || p.code, new_note,
            null, p.group_id, null, null
        );
    end if;
    state := n.state;
    submitted_late := do_action = 'submit' and n.submitted_on > lv.paper_due(p.kind, p.year);
end
$$;

-- Visits to a room.

create function lv.room_visit_state(v data.room_visit) returns text language sql immutable as $$
    select case
        when v.void_reason is not null then 'void'
        when v.passed then 'passed'
        when v.remedied_on is not null then 'remedied'
        else 'failed'
    end
$$;

create function lv.room_visits_seen(who data.caller) returns setof data.room_visit language sql stable as $$
    select v.* from data.room_visit as v where v.town_id = lv.town_id() and lv.group_seen(who, v.group_id)
$$;

create function lv.room_visit_found(who data.caller, id uuid, visit_code text) returns uuid
language plpgsql stable as $$
declare
    found uuid := (
        select v.room_visit_id from data.room_visit as v
        where v.town_id = lv.town_id() and case when id is null then v.code = visit_code else v.room_visit_id = id end
    );
begin
    perform lv.demand(
        found is not null, 'not_found', 'room_visit_unknown', 'room_visit', coalesce(id::text, visit_code, '')
    );
    perform lv.demand(
        exists (select from lv.room_visits_seen(who) as v where v.room_visit_id = found), 'forbidden', 'not_yours',
        'subject', 'room_visit', 'code', coalesce(visit_code, id::text), 'role', (who).role
    );
    return found;
end
$$;

-- A walk through a room: each point fine or not. It has passed when every point is.
create function lv.inspect_room(
    who data.caller, op data.op, id uuid, of_group uuid, day date, photo date, points text[], fine boolean[],
    notes text[], new_note text, out code text, out passed boolean
) language plpgsql volatile as $$
declare
    today date := lv.today();
    g data.deputy_group;
begin
    perform lv.demand_value(id is not null, 'room_visit_id');
    day := coalesce(day, today);
    perform lv.demand_step(who, 'room_visit', 'inspect', 'new', '');
    perform lv.demand_value(of_group is not null, 'group_id');
    select * into g from data.deputy_group as d where (d.town_id, d.group_id) = ((who).town_id, of_group);
    perform lv.demand(g.group_id is not null, 'not_found', 'group_unknown', 'group', of_group::text);
    perform lv.demand(day <= today, 'invalid', 'day_in_future', 'day', day::text);
    perform lv.demand_term_open(day);
    perform lv.demand(coalesce(photo <= day, true), 'invalid', 'photo_after_visit', 'day', photo::text);
    perform lv.demand_value(coalesce(cardinality(points), 0) > 0, 'points');
    perform
        lv.demand_value(trim(u.point) <> '', 'point'), lv.demand_value(u.fine is not null, 'fine'),
        lv.demand_value(u.fine or trim(u.note) <> '', 'point_note')
    from unnest(points, fine, notes) as u (point, fine, note);
    code := lv.next_code('room_visit');
    passed := true = all (fine);
    insert into data.room_visit (
        town_id, room_visit_id, code, group_id, visited_on, passed, photo_on, note, author_id, op_id
    )
    values (
        g.town_id, id, code, of_group, day, passed, photo, nullif(trim(new_note), ''), (who).account_id, (op).op_id
    )
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'operation_repeated');
    insert into data.room_visit_point (town_id, room_visit_id, position, point, fine, note)
    select g.town_id, id, u.position, trim(u.point), u.fine, nullif(trim(u.note), '')
    from unnest(points, fine, notes) with ordinality as u (point, fine, note, position);
    perform lv.add_step(
        who, op, 'room_visit', id, 'inspect', 'new', case when passed then 'passed' else 'failed' end, new_note,
        jsonb_build_object('group', g.code)
    );
    if not passed then
        perform lv.tell(
            who, op, 'room_visit', id, '活动室检查发现问题：' || g.name,
            concat_ws('，', code, (
                select string_agg(trim(u.point) || '：' || trim(u.note), '；' order by u.position)
                from unnest(points, fine, notes) with ordinality as u (point, fine, note, position)
                where not u.fine
            )),
            null, of_group, null, null
        );
    end if;
end
$$;

create function lv.move_room_visit(
    who data.caller, op data.op, id uuid, do_action text, new_note text, photo date
) returns text language plpgsql volatile as $$
declare
    today date := lv.today();
    v data.room_visit;
    before text;
    after_it text := case do_action when 'remedy' then 'remedied' else 'void' end;
begin
    new_note := nullif(trim(new_note), '');
    select * into v from data.room_visit as d where (d.town_id, d.room_visit_id) = ((who).town_id, id)
    for no key update;
    perform lv.demand(
        v.room_visit_id is not null, 'not_found', 'room_visit_unknown', 'room_visit', coalesce(id::text, '')
    );
    before := lv.room_visit_state(v);
    perform lv.demand_step(who, 'room_visit', do_action, before, v.code);
    perform lv.demand_value(new_note is not null, 'note');
    perform lv.demand(coalesce(photo <= today, true), 'invalid', 'day_in_future', 'day', photo::text);
    update data.room_visit as d
    set
        remedied_on = case do_action when 'remedy' then today else d.remedied_on end,
        photo_on = case do_action when 'remedy' then greatest(photo, d.photo_on) else d.photo_on end,
        void_reason = case do_action when 'void' then new_note end
    where (d.town_id, d.room_visit_id) = (v.town_id, id);
    perform lv.add_step(who, op, 'room_visit', id, do_action, before, after_it, new_note);
    return after_it;
end
$$;

-- Voters: one deputy keeps up with one group of voters, from a day on.

create function lv.voter_link_state(v data.voter_link) returns text language sql immutable as $$
    select case when v.void_reason is not null then 'void' when v.ends_on is not null then 'ended' else 'linked' end
$$;

create function lv.voter_links_seen(who data.caller) returns setof data.voter_link language sql stable as $$
    select v.*
    from data.voter_link as v
    where v.town_id = lv.town_id() and lv.in_scope(who, v.group_id, v.person_id, null)
$$;

create function lv.voter_link_found(who data.caller, id uuid, link_code text) returns uuid
language plpgsql stable as $$
declare
    found uuid := (
        select v.voter_link_id from data.voter_link as v
        where v.town_id = lv.town_id() and case when id is null then v.code = link_code else v.voter_link_id = id end
    );
begin
    perform lv.demand(
        found is not null, 'not_found', 'voter_link_unknown', 'voter_link', coalesce(id::text, link_code, '')
    );
    perform lv.demand(
        exists (select from lv.voter_links_seen(who) as v where v.voter_link_id = found), 'forbidden', 'not_yours',
        'subject', 'voter_link', 'code', coalesce(link_code, id::text), 'role', (who).role
    );
    return found;
end
$$;

create function lv.link_voters(
    who data.caller, op data.op, id uuid, person uuid, of_group uuid, new_voters text, day date
) returns text language plpgsql volatile as $$
declare
    today date := lv.today();
    new_code text;
    other text;
    p data.person;
begin
    new_voters := nullif(trim(new_voters), '');
    day := coalesce(day, today);
    perform lv.demand_value(id is not null, 'voter_link_id');
    perform lv.demand_step(who, 'voter_link', 'link', 'new', '');
    perform lv.demand_value(person is not null, 'person_id');
    select * into p from data.person as d where (d.town_id, d.person_id) = ((who).town_id, person) for no key update;
    perform lv.demand(p.person_id is not null, 'not_found', 'person_unknown', 'person', person::text);
    of_group := coalesce(of_group, (who).group_id, (
        select m.group_id from lv.mandates_in_force(person, day) as m order by m.level desc, m.code limit 1
    ));
    perform lv.demand_scope(who, of_group, null, null, 'voter_link', p.code);
    perform lv.demand(
        of_group is not null and lv.stands_in_group(person, of_group, day) and lv.in_office(person, day), 'invalid',
        'deputy_not_of_group', 'person', p.code, 'group', coalesce(
            (select g.code from data.deputy_group as g where (g.town_id, g.group_id) = (p.town_id, of_group)), ''
        ),
        'day', day::text
    );
    perform lv.demand_value(new_voters is not null, 'voters');
    perform lv.demand(day <= today, 'invalid', 'day_in_future', 'day', day::text);
    perform lv.demand_term_open(day);
    other := (
        select v.code from data.voter_link as v
        where
            (v.town_id, v.person_id, v.voters) = (p.town_id, person, new_voters) and v.void_reason is null
            and coalesce(v.ends_on > day, true)
    );
    perform lv.demand(other is null, 'conflict', 'voters_linked', 'voter_link', other, 'person', p.code);
    new_code := lv.next_code('voter_link');
    insert into data.voter_link (town_id, voter_link_id, code, person_id, group_id, voters, starts_on, author_id)
    values (p.town_id, id, new_code, person, of_group, new_voters, day, (who).account_id)
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'operation_repeated');
    perform lv.add_step(
        who, op, 'voter_link', id, 'link', 'new', 'linked', null,
        jsonb_build_object('person', p.code, 'voters', new_voters, 'starts_on', day)
    );
    return new_code;
end
$$;

create function lv.move_voter_link(
    who data.caller, op data.op, id uuid, do_action text, new_note text, day date
) returns text language plpgsql volatile as $$
declare
    today date := lv.today();
    v data.voter_link;
    before text;
    after_it text := case do_action when 'end' then 'ended' else 'void' end;
begin
    new_note := nullif(trim(new_note), '');
    day := coalesce(day, today);
    select * into v from data.voter_link as d where (d.town_id, d.voter_link_id) = ((who).town_id, id)
    for no key update;
    perform lv.demand(
        v.voter_link_id is not null, 'not_found', 'voter_link_unknown', 'voter_link', coalesce(id::text, '')
    );
    before := lv.voter_link_state(v);
    perform lv.demand_step(who, 'voter_link', do_action, before, v.code);
    perform lv.demand_scope(who, v.group_id, null, null, 'voter_link', v.code);
    perform lv.demand_value(new_note is not null or do_action <> 'void', 'note');
    if do_action = 'end' then
        perform lv.demand(
            day between v.starts_on and today, 'invalid', 'link_end_day', 'voter_link', v.code, 'day', day::text,
            'from', v.starts_on::text
        );
        perform lv.demand_term_open(day);
        update data.voter_link as d set ends_on = day where (d.town_id, d.voter_link_id) = (v.town_id, id);
    else
        update data.voter_link as d set void_reason = new_note where (d.town_id, d.voter_link_id) = (v.town_id, id);
    end if;
    perform lv.add_step(
        who, op, 'voter_link', id, do_action, before, after_it, new_note,
        case do_action when 'end' then jsonb_build_object('ends_on', day) else '{}' end
    );
    return after_it;
end
$$;
