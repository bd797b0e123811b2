-- 代表小组目标管理责任书 (domain.md A3 [P9]): a group's goals for the year, signed by its leader and the chair, checked
-- at mid-year, settled at the end. What records can show is counted, with the list behind it; the rest is entered by
-- hand with a note. Checked and settled figures are frozen.

-- The sheet that is used when none is written: domain.md A3.
create view lv.default_target_line with (security_invoker = true) as
select t.position, t.line_code, t.label, t.weight, t.goal, t.rule
from (
    values
    (1, 'learning', '宣传学习', 30, '每位代表全年至少参加一次培训或有确认的自学', 'trained'),
    (2, 'voters', '走访选民、征集建议', 30, '每位代表全年至少反映一次民意、提出一件建议或接待一次选民', 'voices'),
    (3, 'duty_reports', '述职评议', 20, '每位代表全年述职一次，少一位扣分', 'duty_reports'),
    (4, 'activities', '按时参加活动', 20, '无故缺席一次活动扣分', 'activities')
) as t (position, line_code, label, weight, goal, rule);

-- One line of the list behind a counted figure. `met`: it speaks for the group; else against it.
create type lv.target_fact as (
    person_code text,
    met boolean,
    subject text,
    code text,
    day_on date
);

-- What a rule finds from the year's beginning to `as_of`. The group's members are those of both days.
create function lv.target_facts(of_group uuid, in_year int, as_of date, of_rule text) returns setof lv.target_fact
language plpgsql stable rows 50 as $$
declare
    town int := lv.town_id();
    from_on date := make_date(in_year, 1, 1);
    members uuid[] := array(
        select s.person_id from lv.seats(from_on) as s where s.group_id = of_group
        intersect
        select s.person_id from lv.seats(as_of) as s where s.group_id = of_group
    );
begin
    if of_rule = 'activities' then
        return query
        select p.code, false, 'meeting', m.code, l.held_on
        from lv.roll_lines(from_on, as_of) as l
        join data.meeting as m on (m.town_id, m.meeting_id) = (town, l.meeting_id)
        join data.person as p on (p.town_id, p.person_id) = (town, l.person_id)
        where
            l.counted and l.status = 'unexcused' and l.person_id = any (members)
            and l.kind not in ('congress_session', 'presidium_meeting', 'group_meeting')
        order by l.held_on, m.code, p.code;
        return;
    end if;
    return query
    with found as (
        select t.person_id, t.subject, t.code, t.day_on
        from lv.trained(from_on, as_of) as t
        where of_rule = 'trained'
        union all
        select v.person_id, case v.what when 'feedback' then 'feedback' else 'suggestion' end, v.code, v.day_on
        from lv.voices(from_on, as_of) as v
        where of_rule = 'voices'
        union all
        select l.person_id, 'meeting', m.code, l.held_on
        from lv.roll_lines(from_on, as_of) as l
        join data.meeting as m on (m.town_id, m.meeting_id) = (town, l.meeting_id)
        where of_rule = 'voices' and l.kind = 'voter_reception' and l.counted and l.rule = 'attended'
        union all
        select a.person_id, 'appraisal', a.code, m.held_on
        from data.appraisal as a
        join data.meeting as m on (m.town_id, m.meeting_id) = (a.town_id, a.meeting_id)
        where
            of_rule = 'duty_reports' and a.town_id = town and a.category = 'deputy' and a.void_reason is null
            and m.held_on between from_on and as_of and m.state in ('closed', 'approved', 'locked')
    )
    select p.code, f.person_id is not null, f.subject, f.code, f.day_on
    from unnest(members) as u (person_id)
    join data.person as p on (p.town_id, p.person_id) = (town, u.person_id)
    left join found as f on f.person_id = u.person_id
    order by p.code, f.day_on, f.code;
end
$$;

-- What the facts come to: of `trained` and `voices` the weight's share that the members who did it are of all; of the
-- others the weight less a deduction for each that is lacking.
create function lv.target_points(of_rule text, weight int, facts lv.target_fact[], day date) returns numeric
language sql stable as $$
    select case
        when of_rule in ('trained', 'voices') then (
            select round(weight * count(distinct f.person_code) filter (where f.met)::numeric
                / nullif(count(distinct f.person_code), 0), 1)
            from unnest(facts) as f
        )
        else greatest(
            0,
            weight - lv.setting(
                case of_rule when 'activities' then 'target_activity_deduction' else 'target_report_deduction' end, day
            ) * (select count(*) from unnest(facts) as f where not f.met)
        )
    end
$$;

-- The lines that hold: of the last revision.
create function lv.target_lines(target uuid) returns setof data.target_line language sql stable as $$
    select l.*
    from data.target_line as l
    where
        (l.town_id, l.target_id) = (lv.town_id(), target)
        and l.revision = (
            select max(x.revision) from data.target_line as x where (x.town_id, x.target_id) = (l.town_id, l.target_id)
        )
    order by l.position
$$;

-- What each line comes to now.
create function lv.target_counted(t data.target, as_of date) returns table (
    "position" int, line_code text, label text, weight int, goal text, rule text, points numeric, list jsonb
) language plpgsql stable rows 10 as $$
begin
    return query
    select
        l.position, l.line_code, l.label, l.weight, l.goal, l.rule,
        case when l.rule is null then e.points else lv.target_points(l.rule, l.weight, f.facts, as_of) end,
        case
            when l.rule is not null then coalesce(to_jsonb(f.facts), '[]')
            when e.note is not null then jsonb_build_array(jsonb_build_object('note', e.note, 'entered_by', e.login))
            else '[]'
        end
    from lv.target_lines(t.target_id) as l
    left join lateral (
        select array(
            select x from lv.target_facts(t.group_id, t.year, as_of, l.rule) as x
        ) as facts
    ) as f on l.rule is not null
    left join lateral (
        select d.points, d.note, a.login
        from data.target_entry as d
        join data.account as a on (a.town_id, a.account_id) = (d.town_id, d.author_id)
        where (d.town_id, d.target_id, d.line_code) = (t.town_id, t.target_id, l.line_code)
        order by d.entry_no desc
        limit 1
    ) as e on l.rule is null;
end
$$;

-- As GetTarget shows them: settled figures are those that were frozen.
create function lv.target_shown(t data.target) returns table (
    "position" int, line_code text, label text, weight int, goal text, rule text, points numeric,
    checked_points numeric, list jsonb
) language plpgsql stable rows 10 as $$
declare
    today date := lv.today();
begin
    if t.state in ('settled') then
        return query
        select r.position, r.line_code, r.label, r.weight, r.goal, r.rule, r.points, c.points, r.list
        from data.target_result as r
        left join data.target_result as c
            on (c.town_id, c.target_id, c.phase, c.position) = (r.town_id, r.target_id, 'check', r.position)
        where (r.town_id, r.target_id, r.phase) = (t.town_id, t.target_id, 'settle');
        return;
    end if;
    return query
    select l.position, l.line_code, l.label, l.weight, l.goal, l.rule, l.points, c.points, l.list
    from lv.target_counted(t, greatest(make_date(t.year, 1, 1), least(make_date(t.year, 12, 31), today))) as l
    left join data.target_result as c
        on (c.town_id, c.target_id, c.phase, c.position) = (t.town_id, t.target_id, 'check', l.position);
end
$$;

create function lv.targets_seen(who data.caller) returns setof data.target language sql stable as $$
    select t.* from data.target as t where t.town_id = lv.town_id() and lv.group_seen(who, t.group_id)
$$;

create function lv.target_found(who data.caller, id uuid, target_code text) returns uuid
language plpgsql stable as $$
declare
    found uuid := (
        select t.target_id from data.target as t
        where t.town_id = lv.town_id() and case when id is null then t.code = target_code else t.target_id = id end
    );
begin
    perform lv.demand(
        found is not null, 'not_found', 'target_unknown', 'target', coalesce(id::text, target_code, '')
    );
    perform lv.demand(
        exists (select from lv.targets_seen(who) as t where t.target_id = found), 'forbidden', 'not_yours', 'subject',
        'target', 'code', coalesce(target_code, id::text), 'role', (who).role
    );
    return found;
end
$$;

create function lv.hold_target(who data.caller, id uuid) returns data.target language plpgsql volatile as $$
declare
    t data.target;
begin
    select * into t from data.target as d where (d.town_id, d.target_id) = ((who).town_id, id) for no key update;
    perform lv.demand(t.target_id is not null, 'not_found', 'target_unknown', 'target', coalesce(id::text, ''));
    return t;
end
$$;

-- Writing.

-- A sheet's lines in a new revision; none given: the default.
create function lv.set_target_lines(
    town int, id uuid, codes text[], labels text[], weights int[], goals text[], rules text[]
) returns void language plpgsql volatile as $$
declare
    next_revision int := (
        select coalesce(max(l.revision), 0) + 1 from data.target_line as l where (l.town_id, l.target_id) = (town, id)
    );
    twice text := (
        select trim(c.code) from unnest(codes) as c (code) group by trim(c.code) having count(*) > 1 limit 1
    );
begin
    if coalesce(cardinality(codes), 0) = 0 then
        insert into data.target_line (town_id, target_id, revision, position, line_code, label, weight, goal, rule)
        select town, id, next_revision, d.position, d.line_code, d.label, d.weight, d.goal, d.rule
        from lv.default_target_line as d;
        return;
    end if;
    perform
        lv.demand_value(trim(u.code) <> '', 'line_code'), lv.demand_value(trim(u.label) <> '', 'label'),
        lv.demand(
            coalesce(u.weight between 1 and 1000, false), 'invalid', 'target_weight', 'line', u.code, 'weight',
            coalesce(u.weight::text, '')
        )
    from unnest(codes, labels, weights) as u (code, label, weight);
    perform lv.demand(twice is null, 'invalid', 'target_line_twice', 'line', twice);
    insert into data.target_line (town_id, target_id, revision, position, line_code, label, weight, goal, rule)
    select
        town, id, next_revision, u.position, trim(u.code), trim(u.label), u.weight, coalesce(trim(u.goal), ''),
        nullif(u.rule, 'manual')
    from unnest(codes, labels, weights, goals, rules)
        with ordinality as u (code, label, weight, goal, rule, position);
end
$$;

create function lv.write_target(
    who data.caller, op data.op, id uuid, of_group uuid, in_year int, codes text[], labels text[], weights int[],
    goals text[], rules text[], out code text, out total int
) language plpgsql volatile as $$
declare
    today date := lv.today();
    t data.target;
    g data.deputy_group;
    other text;
begin
    perform lv.demand_value(id is not null, 'target_id');
    select * into t from data.target as d where (d.town_id, d.target_id) = ((who).town_id, id) for no key update;
    perform lv.demand_step(
        who, 'target', case when t.target_id is null then 'write' else 'change' end, coalesce(t.state, 'new'),
        coalesce(t.code, '')
    );
    of_group := coalesce(t.group_id, of_group);
    perform lv.demand_value(of_group is not null, 'group_id');
    select * into g from data.deputy_group as d where (d.town_id, d.group_id) = ((who).town_id, of_group)
    for no key update; -- two sheets of one group come one after the other
    perform lv.demand(g.group_id is not null, 'not_found', 'group_unknown', 'group', of_group::text);
    if t.target_id is null then
        in_year := coalesce(in_year, extract(year from today)::int);
        perform lv.demand(
            in_year between extract(year from today)::int - 1 and extract(year from today)::int + 1, 'invalid',
            'year_range', 'year', in_year::text
        );
        other := (
            select d.code from data.target as d
            where (d.town_id, d.group_id, d.year) = (g.town_id, of_group, in_year) and d.void_reason is null
        );
        perform lv.demand(
            other is null, 'conflict', 'target_exists', 'target', other, 'group', g.code, 'year', in_year::text
        );
        code := lv.next_code('target');
        insert into data.target (town_id, target_id, code, group_id, year, state, state_since)
        values (g.town_id, id, code, of_group, in_year, 'draft', today);
        perform lv.set_target_lines(g.town_id, id, codes, labels, weights, goals, rules);
        perform lv.add_step(
            who, op, 'target', id, 'write', 'new', 'draft', null,
            jsonb_build_object('group', g.code, 'year', in_year)
        );
    else
        code := t.code;
        perform lv.set_target_lines(g.town_id, id, codes, labels, weights, goals, rules);
        -- Whoever had signed signed other lines.
        update data.target as d
        set leader_id = null, leader_signed_on = null, chair_id = null, chair_signed_on = null
        where (d.town_id, d.target_id) = (g.town_id, id);
        perform lv.add_step(
            who, op, 'target', id, 'change', 'draft', 'draft', null,
            jsonb_build_object('signatures_lost', num_nonnulls(t.leader_id, t.chair_id))
        );
    end if;
    total := (select sum(l.weight)::int from lv.target_lines(id) as l);
    perform lv.tell(
        who, op, 'target', id, '目标管理责任书待签：' || g.name, code, null, of_group, null, null
    );
end
$$;

-- Steps.

create function lv.freeze_target(t data.target, of_phase text, as_of date) returns void
language sql volatile as $$
    insert into data.target_result (
        town_id, target_id, phase, position, line_code, label, weight, goal, rule, points, list
    )
    select
        t.town_id, t.target_id, of_phase, c.position, c.line_code, c.label, c.weight, c.goal, c.rule, c.points, c.list
    from lv.target_counted(t, as_of) as c
$$;

create function lv.sign_target(who data.caller, t data.target) returns data.target language plpgsql stable as $$
declare
    today date := lv.today();
begin
    if (who).role = 'leader' then
        perform lv.demand(t.leader_id is null, 'conflict', 'target_signed', 'target', t.code);
        t.leader_id := (who).account_id;
        t.leader_signed_on := today;
    else
        perform lv.demand(t.chair_id is null, 'conflict', 'target_signed', 'target', t.code);
        t.chair_id := (who).account_id;
        t.chair_signed_on := today;
    end if;
    perform lv.demand(
        not lv.is_same_actor(who, case (who).role when 'leader' then t.chair_id else t.leader_id end), 'forbidden',
        'target_sign_both', 'target', t.code
    );
    if num_nonnulls(t.leader_id, t.chair_id) = 2 then
        t.signed_on := today;
        t.state := 'signed';
    end if;
    return t;
end
$$;

create function lv.move_target(
    who data.caller, op data.op, id uuid, do_action text, new_note text, out state text, out points double precision
) language plpgsql volatile as $$
declare
    today date := lv.today();
    t data.target := lv.hold_target(who, id);
    before text := t.state;
    until date := least(make_date(t.year, 12, 31), today);
    from_on date;
    open_line text;
begin
    new_note := nullif(trim(new_note), '');
    perform lv.demand_step(who, 'target', do_action, t.state, t.code);
    perform lv.demand_scope(who, t.group_id, null, null, 'target', t.code);
    perform lv.demand_value(new_note is not null or do_action not in ('check', 'void'), 'note');
    if do_action in ('check', 'settle') then
        from_on := lv.day_of_year('target_' || do_action || '_from', t.year);
        perform lv.demand(
            today >= from_on, 'conflict', 'target_too_early', 'target', t.code, 'day', from_on::text
        );
    end if;
    case do_action
        when 'sign' then
            t := lv.sign_target(who, t);
        when 'check' then
            t.state := 'checked';
            t.checked_on := today;
            t.check_note := new_note;
            perform lv.freeze_target(t, 'check', until);
        when 'settle' then
            open_line := (
                select c.label from lv.target_counted(t, until) as c where c.points is null order by c.position limit 1
            );
            perform lv.demand(open_line is null, 'conflict', 'target_line_open', 'target', t.code, 'line', open_line);
            perform lv.demand(
                not exists (
                    select from data.target_entry as e
                    where (e.town_id, e.target_id) = (t.town_id, id) and lv.is_same_actor(who, e.author_id)
                ),
                'forbidden', 'settle_own_points', 'target', t.code
            );
            t.state := 'settled';
            t.settled_on := today;
            perform lv.freeze_target(t, 'settle', until);
        when 'void' then
            t.state := 'void';
            t.void_reason := new_note;
    end case;
    update data.target as d
    set
        state = t.state, leader_id = t.leader_id, leader_signed_on = t.leader_signed_on, chair_id = t.chair_id,
        chair_signed_on = t.chair_signed_on, signed_on = t.signed_on, checked_on = t.checked_on,
        check_note = t.check_note, settled_on = t.settled_on, void_reason = t.void_reason,
        state_since = case when t.state = before then d.state_since else today end
    where (d.town_id, d.target_id) = (t.town_id, id);
    perform lv.add_step(who, op, 'target', id, do_action, before, t.state, new_note);
    state := t.state;
    if do_action in ('check', 'settle') then
        points := (
            select sum(r.points)::float8 from data.target_result as r
            where (r.town_id, r.target_id, r.phase) = (t.town_id, id, do_action)
        );
        perform lv.tell(
            who, op, 'target', id,
            case do_action when 'check' then '目标管理责任书年中检查：' else '目标管理责任书年终结果：' end
            || trim_scale(points::numeric) || ' 分',
            t.code, null, t.group_id, null, null
        );
    end if;
end
$$;

-- Points of a line that is not counted.
create function lv.enter_target(
    who data.caller, op data.op, id uuid, of_line text, new_points double precision, new_note text
) returns text language plpgsql volatile as $$
declare
    t data.target := lv.hold_target(who, id);
    l data.target_line;
begin
    new_note := nullif(trim(new_note), '');
    perform lv.demand_step(who, 'target', 'enter', t.state, t.code);
    select * into l from lv.target_lines(id) as d where d.line_code = of_line;
    perform lv.demand(
        l.target_id is not null, 'not_found', 'target_line_unknown', 'target', t.code, 'line', coalesce(of_line, '')
    );
    perform lv.demand(l.rule is null, 'conflict', 'target_line_counted', 'target', t.code, 'line', l.label);
    perform lv.demand(
        coalesce(new_points between 0 and l.weight, false), 'invalid', 'target_points', 'line', l.label, 'weight',
        l.weight::text
    );
    perform lv.demand_value(new_note is not null, 'note');
    insert into data.target_entry (
        town_id, target_id, line_code, entry_no, points, note, author_id, op_id, recorded_at
    )
    select
        t.town_id, id, of_line, coalesce(max(e.entry_no), 0) + 1, new_points, new_note, (who).account_id, (op).op_id,
        lv.now()
    from data.target_entry as e
    where (e.town_id, e.target_id, e.line_code) = (t.town_id, id, of_line);
    perform lv.add_step(
        who, op, 'target', id, 'enter', t.state, t.state, new_note,
        jsonb_build_object('line', of_line, 'points', new_points)
    );
    return t.state;
end
$$;
