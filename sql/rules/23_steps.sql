-- What every step of a record shares: may it be taken, by whom, and its line in the record's history.

-- Refuses unless the role may take this step and the record stands where the step begins (21_transitions.sql).
create function lv.demand_step(who data.caller, of_subject text, do_action text, in_state text, code text)
returns void language plpgsql stable as $$
declare
    may text[];
    starts text[];
begin
    select array_agg(distinct r.role), array_agg(distinct s.state)
    into may, starts
    from lv.transition as t
    cross join lateral unnest(t.roles) as r (role)
    cross join lateral unnest(t.from_states) as s (state)
    where t.subject = of_subject and t.action = do_action;
    perform lv.demand(may is not null, 'invalid', 'value_missing', 'column', 'action');
    perform lv.demand(
        (who).role = any (may), 'forbidden', 'not_your_step', 'subject', of_subject, 'code', code,
        'action', do_action, 'role', (who).role, 'roles', array_to_string(may, ' ')
    );
    perform lv.demand(
        in_state = any (starts), 'conflict', 'not_in_this_state', 'subject', of_subject, 'code', code,
        'action', do_action, 'state', in_state, 'states', array_to_string(starts, ' ')
    );
    -- Allowed from another state, but not to this role from this one.
    perform lv.demand(
        do_action = any (lv.actions_open(of_subject, in_state, (who).role)), 'forbidden', 'not_your_step',
        'subject', of_subject, 'code', code, 'action', do_action, 'role', (who).role, 'roles', array_to_string(may, ' ')
    );
end
$$;

-- Is a record of this group, deputy and unit within the caller's reach? Auditors and the office reach all.
create function lv.in_scope(who data.caller, of_group uuid, of_person uuid, of_unit uuid) returns boolean
language sql immutable as $$
    select coalesce(
        case
            when (who).role in ('office', 'chair', 'auditor') then true
            when (who).role in ('clerk', 'leader') then of_group = (who).group_id
            when (who).role = 'deputy' then of_person = (who).person_id
            when (who).role = 'unit' then of_unit = (who).unit_id
        end,
        false
    )
$$;

create function lv.demand_scope(
    who data.caller, of_group uuid, of_person uuid, of_unit uuid, of_subject text, code text
) returns void language plpgsql stable as $$
begin
    perform lv.demand(
        lv.in_scope(who, of_group, of_person, of_unit), 'forbidden', 'not_yours', 'subject', of_subject, 'code', code,
        'role', (who).role
    );
end
$$;

-- Separation of duties: the same person, or the same account where one of the two stands for no person (design.md 7).
create function lv.is_same_actor(who data.caller, account uuid) returns boolean language sql stable as $$
    select coalesce(
        (
            select a.person_id = (who).person_id
            from data.account as a
            where (a.town_id, a.account_id) = ((who).town_id, account)
        ),
        (who).account_id = account,
        false
    )
$$;

create function lv.demand_value(given boolean, named text) returns void language plpgsql stable as $$
begin
    perform lv.demand(given, 'invalid', 'value_missing', 'column', named);
end
$$;

-- One line of a record's history. The caller holds the record's row, so that the numbers follow each other.
create function lv.add_step(
    who data.caller, op data.op, of_subject text, record uuid, do_action text, before_state text, after_state text,
    note text default null, facts jsonb default '{}'
) returns void language sql volatile as $$
    insert into data.step (
        town_id, record_id, step_no, subject, action, from_state, to_state, note, facts, op_id, author_id, device_id,
        recorded_at
    )
    select
        (who).town_id, record, coalesce(max(s.step_no), 0) + 1, of_subject, do_action, before_state, after_state,
        add_step.note, jsonb_strip_nulls(add_step.facts), (op).op_id, (who).account_id, (who).device_id, lv.now()
    from data.step as s
    where (s.town_id, s.record_id) = ((who).town_id, record)
$$;

-- How the codes of each kind of record begin, and how many digits they have at least: as the sample's are.
create view lv.code_form with (security_invoker = true) as
select f.subject, f.prefix, f.width
from (
    values
    ('meeting', 'M', 4),
    ('feedback', 'F', 4),
    ('personal', 'Q', 4),
    ('attachment', 'P', 4),
    ('case', 'K', 4),
    ('follow_up', 'R', 3),
    ('appraisal', 'A', 3),
    ('material', 'ML', 3),
    ('self_study', 'ZX', 4),
    ('paper', 'GP', 3),
    ('room_visit', 'RV', 3),
    ('target', 'T', 3),
    ('voter_link', 'VL', 3),
    ('fund', 'E', 4),
    ('deed', 'H', 3),
    ('household', 'B', 2),
    ('award', 'W', 2),
    ('suggestion', 'S', 3)
) as f (subject, prefix, width);

-- The codes that are given.
create view lv.code_given with (security_invoker = true) as
select m.town_id, 'meeting' as subject, m.code from data.meeting as m
union all
select f.town_id, 'feedback', f.code from data.feedback as f
union all
select q.town_id, 'personal', q.code from data.personal_request as q
union all
select a.town_id, 'attachment', a.code from data.attachment as a
union all
select k.town_id, 'case', k.code from data.three_no_case as k
union all
select f.town_id, 'follow_up', f.code from data.follow_up as f
union all
select a.town_id, 'appraisal', a.code from data.appraisal as a
union all
select t.town_id, 'appraisal', t.code from data.tally as t
union all
select m.town_id, 'material', m.code from data.material as m
union all
select s.town_id, 'self_study', s.code from data.self_study as s
union all
select p.town_id, 'paper', p.code from data.group_paper as p
union all
select v.town_id, 'room_visit', v.code from data.room_visit as v
union all
select t.town_id, 'target', t.code from data.target as t
union all
select v.town_id, 'voter_link', v.code from data.voter_link as v
union all
select e.town_id, 'fund', e.code from data.fund as e
union all
select h.town_id, 'deed', h.code from data.deed as h
union all
select b.town_id, 'household', b.code from data.household as b
union all
select w.town_id, 'award', w.code from data.award as w
union all
select n.town_id, 'award', n.code from data.nomination as n
union all
select s.town_id, 'suggestion', s.code from data.suggestion as s;

-- A code that nobody has: the next number of the kind.
create function lv.next_code(of_subject text) returns text language plpgsql volatile as $$
declare
    town int := lv.town_id();
    form record;
    number int;
    found_code text;
begin
    select * into strict form from lv.code_form as f where f.subject = of_subject;
    loop
        insert into data.counter as c (town_id, subject, last)
        values (town, of_subject, 1)
        on conflict (town_id, subject) do update set last = c.last + 1
        returning c.last into number;
        found_code := form.prefix || lpad(number::text, greatest(form.width, length(number::text)), '0');
        exit when not exists (
            select from lv.code_given as g where (g.town_id, g.subject, g.code) = (town, of_subject, found_code)
        );
    end loop;
    return found_code;
end
$$;

-- A record's history as its Get call shows it, oldest first.
create function lv.steps(record uuid) returns table (
    step_no int, subject text, action text, from_state text, to_state text, note text, facts text, author text,
    author_role text, recorded_us timestamptz
) language sql stable as $$
    select
        s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, nullif(s.facts, '{}')::text, a.login, a.role,
        s.recorded_at
    from data.step as s
    join data.account as a on (a.town_id, a.account_id) = (s.town_id, s.author_id)
    where (s.town_id, s.record_id) = (lv.town_id(), record)
    order by s.step_no
$$;
