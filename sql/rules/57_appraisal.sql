-- Ballots of 述职测评 and 工作评议 (domain.md A6, B2, E3): counted by two people, each without seeing the other's figures,
-- announced, and given to the appraisee in writing. data.appraisal, which reports and cards read, has a tally from its
-- announcement on; before that it stands in data.tally alone.

-- One counter's figures: the fields of RecordAppraisalRequest.
create type lv.ballots as (
    issued int,
    returned int,
    invalid int,
    excellent int,
    competent int,
    basic int,
    incompetent int
);

-- The locks: what was returned was issued, and every ballot that was returned is one of five.
create function lv.demand_ballots(b lv.ballots) returns void language plpgsql stable as $$
declare
    named record;
    sum bigint := (b).invalid::bigint + (b).excellent + (b).competent + (b).basic + (b).incompetent;
begin
    for named in select e.key, e.value::int as value from jsonb_each_text(to_jsonb(b)) as e order by e.key loop
        perform lv.demand_value(named.value is not null, named.key);
        perform lv.demand(named.value >= 0, 'invalid', 'bad_number', 'value', named.value::text);
    end loop;
    perform lv.demand((b).issued > 0, 'invalid', 'no_ballots');
    perform lv.demand(
        (b).returned <= (b).issued, 'invalid', 'ballots_over_issued', 'returned', (b).returned::text, 'issued',
        (b).issued::text
    );
    perform lv.demand(
        sum = (b).returned, 'invalid', 'ballots_sum', 'invalid', (b).invalid::text, 'excellent', (b).excellent::text,
        'competent', (b).competent::text, 'basic', (b).basic::text, 'incompetent', (b).incompetent::text, 'sum',
        sum::text, 'returned', (b).returned::text
    );
end
$$;

-- Which figures differ; never by how much.
create function lv.ballots_differ(a lv.ballots, b lv.ballots) returns text[] language sql immutable as $$
    select coalesce(array_agg(x.key order by x.key), '{}')
    from jsonb_each(to_jsonb(a)) as x
    join jsonb_each(to_jsonb(b)) as y on y.key = x.key
    where x.value is distinct from y.value
$$;

-- Percent of the valid ballots that say competent or better, and what that comes to (domain.md B2 [P17]).
create function lv.ballots_rate(b lv.ballots) returns double precision language sql immutable as $$
    select round(100.0 * ((b).excellent + (b).competent) / nullif((b).returned - (b).invalid, 0), 1)::float8
$$;

create function lv.ballots_verdict(b lv.ballots, day date) returns text language sql stable as $$
    select case
        when coalesce((b).returned = (b).invalid, true) then null -- not counted yet, or nothing valid
        when 100.0 * ((b).excellent + (b).competent)
            >= lv.setting('appraisal_competent_rate', day) * ((b).returned - (b).invalid) then 'competent'
        when 100.0 * ((b).excellent + (b).competent)
            >= lv.setting('appraisal_basic_rate', day) * ((b).returned - (b).invalid) then 'basic'
        else 'incompetent'
    end
$$;

-- Who may.

-- Rooms count at their own group's meetings and at the whole town's.
create function lv.demand_tally_scope(who data.caller, m data.meeting, code text) returns void
language plpgsql stable as $$
begin
    perform lv.demand(
        (who).role not in ('clerk', 'leader') or coalesce(m.group_id = (who).group_id, true), 'forbidden', 'not_yours',
        'subject', 'appraisal', 'code', code, 'role', (who).role
    );
end
$$;

-- Nobody counts the ballots on themselves: not the person, nor the account of the leader that the person is.
create function lv.demand_not_own(who data.caller, person uuid, code text) returns void language plpgsql stable as $$
begin
    perform lv.demand(
        person is null
        or person is distinct from (who).person_id and not (
            (who).role = 'leader' and exists (
                select from data.post as o
                where
                    (o.town_id, o.person_id, o.role) = ((who).town_id, person, 'group_leader')
                    and o.group_id = (who).group_id and o.void_reason is null
                    and o.starts_on <= lv.today() and coalesce(lv.today() < o.ends_on, true)
            )
        ),
        'forbidden', 'count_own_ballots', 'code', code
    );
end
$$;

-- What is seen.

-- Every tally, and what was announced before there were any or imported. Figures: from when both counters agree.
create function lv.appraisals() returns table (
    appraisal_id uuid, code text, meeting_id uuid, category text, subject text, person_id uuid, unit_id uuid,
    state text, round int, announced_on date, deliver_due_on date, delivered_on date, void_reason text,
    ballots lv.ballots
) language sql stable as $$
    select
        t.appraisal_id, t.code, t.meeting_id, t.category, t.subject, t.person_id, t.unit_id, t.state, t.round,
        t.announced_on, t.deliver_due_on, t.delivered_on, t.void_reason,
        case
            when t.state in ('counted', 'announced', 'delivered') then row(
                coalesce(a.issued, c.issued), coalesce(a.returned, c.returned), coalesce(a.invalid, c.invalid),
                coalesce(a.excellent, c.excellent), coalesce(a.competent, c.competent), coalesce(a.basic, c.basic),
                coalesce(a.incompetent, c.incompetent)
            )::lv.ballots
        end
    from data.tally as t
    left join data.appraisal as a on (a.town_id, a.appraisal_id) = (t.town_id, t.appraisal_id)
    left join data.tally_count as c
        on (c.town_id, c.appraisal_id, c.round, c.counter) = (t.town_id, t.appraisal_id, t.round, 1)
    where t.town_id = lv.town_id()
    union all
    select
        a.appraisal_id, a.code, a.meeting_id, a.category, a.subject, a.person_id, a.unit_id,
        case when a.void_reason is null then 'delivered' else 'void' end, null, null, null, null, a.void_reason,
        case
            when a.void_reason is null then row(
                a.issued, a.returned, a.invalid, a.excellent, a.competent, a.basic, a.incompetent
            )::lv.ballots
        end
    from data.appraisal as a
    where
        a.town_id = lv.town_id()
        and not exists (
            select from data.tally as t where (t.town_id, t.appraisal_id) = (a.town_id, a.appraisal_id)
        )
$$;

-- As ListAppraisals and GetAppraisal show them. Deputies and units see their own, once it is announced.
create function lv.appraisals_seen(who data.caller) returns table (
    appraisal_id uuid, code text, meeting_code text, held_on date, category text, subject text, subject_name text,
    state text, round int, issued int, returned int, invalid int, excellent int, competent int, basic int,
    incompetent int, rate double precision, verdict text, announced_on date, deliver_due_on date, delivered_on date,
    void_reason text, meeting_id uuid, person_id uuid
) language sql stable as $$
    select
        a.appraisal_id, a.code, m.code, m.held_on, a.category, coalesce(a.subject, p.code, u.code),
        coalesce(a.subject, p.name, u.name), a.state, a.round, (a.ballots).issued, (a.ballots).returned,
        (a.ballots).invalid, (a.ballots).excellent, (a.ballots).competent, (a.ballots).basic,
        (a.ballots).incompetent, lv.ballots_rate(a.ballots), lv.ballots_verdict(a.ballots, m.held_on), a.announced_on,
        a.deliver_due_on, a.delivered_on, a.void_reason, a.meeting_id, a.person_id
    from lv.appraisals() as a
    join data.meeting as m on (m.town_id, m.meeting_id) = (lv.town_id(), a.meeting_id)
    left join data.person as p on (p.town_id, p.person_id) = (m.town_id, a.person_id)
    left join data.unit as u on (u.town_id, u.unit_id) = (m.town_id, a.unit_id)
    where
        case
            when (who).role in ('office', 'chair', 'auditor') then true
            when (who).role in ('clerk', 'leader') then coalesce(m.group_id = (who).group_id, true)
            when (who).role = 'deputy' then
                a.person_id = (who).person_id and a.state in ('announced', 'delivered')
            when (who).role = 'unit' then a.unit_id = (who).unit_id and a.state in ('announced', 'delivered')
        end
$$;

create function lv.appraisal_found(who data.caller, id uuid, appraisal_code text) returns uuid
language plpgsql stable as $$
declare
    found uuid := (
        select a.appraisal_id from lv.appraisals() as a
        where case when id is null then a.code = appraisal_code else a.appraisal_id = id end
    );
begin
    perform lv.demand(
        found is not null, 'not_found', 'appraisal_unknown', 'appraisal', coalesce(id::text, appraisal_code, '')
    );
    perform lv.demand(
        exists (select from lv.appraisals_seen(who) as a where a.appraisal_id = found), 'forbidden', 'not_yours',
        'subject', 'appraisal', 'code', coalesce(appraisal_code, id::text), 'role', (who).role
    );
    return found;
end
$$;

-- Counting.

create function lv.add_count(
    who data.caller, op data.op, id uuid, in_round int, by_counter int, b lv.ballots
) returns void language sql volatile as $$
    insert into data.tally_count (
        town_id, appraisal_id, round, counter, issued, returned, invalid, excellent, competent, basic, incompetent,
        author_id, op_id, recorded_at
    )
    values (
        (who).town_id, id, in_round, by_counter, (b).issued, (b).returned, (b).invalid, (b).excellent, (b).competent,
        (b).basic, (b).incompetent, (who).account_id, (op).op_id, lv.now()
    )
$$;

-- Whom the ballots are on: of a category that the meeting lists; a work review's is the unit that it is of.
create function lv.demand_appraisee(m data.meeting, t data.tally) returns void language plpgsql stable as $$
begin
    perform lv.demand_value(t.category is not null, 'category');
    perform lv.demand(
        t.category = any (m.appraisees) or t.category = 'unit' and m.kind = 'work_review', 'invalid',
        'category_not_listed', 'meeting', m.code, 'appraisal_category', t.category
    );
    case t.category
        when 'deputy' then
            perform lv.demand_value(t.person_id is not null, 'person_id');
            perform lv.demand(
                exists (select from data.person as p where (p.town_id, p.person_id) = (m.town_id, t.person_id)),
                'not_found', 'person_unknown', 'person', t.person_id::text
            );
            perform lv.demand_in_office(t.person_id, m.held_on);
        when 'unit' then
            perform lv.demand(
                t.unit_id = m.unit_id, 'invalid', 'not_unit_of_review', 'meeting', m.code, 'unit',
                (select u.code from data.unit as u where (u.town_id, u.unit_id) = (m.town_id, m.unit_id))
            );
        else
            perform lv.demand_value(t.subject is not null, 'subject');
    end case;
    perform lv.demand(
        not exists (
            select from lv.appraisals() as a
            where
                a.meeting_id = m.meeting_id and a.category = t.category and a.void_reason is null
                and (a.subject, a.person_id, a.unit_id) is not distinct from (t.subject, t.person_id, t.unit_id)
        ),
        'conflict', 'appraised_already', 'meeting', m.code
    );
end
$$;

-- The first count; of a tally whose two counts differed, the first of a new round.
create function lv.record_appraisal(
    who data.caller, op data.op, id uuid, meeting uuid, new_category text, new_subject text, new_person uuid,
    new_unit uuid, b lv.ballots, out code text, out round int, out few_voters boolean
) language plpgsql volatile as $$
#variable_conflict use_variable
declare
    today date := lv.today();
    t data.tally;
    m data.meeting;
begin
    perform lv.demand_value(id is not null, 'appraisal_id');
    select * into t from data.tally as d where (d.town_id, d.appraisal_id) = ((who).town_id, id) for no key update;
    m := lv.hold_meeting(coalesce(t.meeting_id, meeting)); -- two subjects of one meeting come one after the other
    perform lv.demand_step(
        who, 'appraisal', case when t.appraisal_id is null then 'record' else 'recount' end, coalesce(t.state, 'new'),
        coalesce(t.code, m.code)
    );
    perform lv.demand_tally_scope(who, m, coalesce(t.code, m.code));
    perform lv.demand(
        m.state in ('open', 'closed', 'approved', 'locked'), 'conflict', 'appraisal_not_now', 'meeting', m.code,
        'state', m.state
    );
    perform lv.demand_term_open(m.held_on);
    if t.appraisal_id is null then
        t.town_id := m.town_id;
        t.appraisal_id := id;
        t.meeting_id := m.meeting_id;
        t.category := new_category;
        t.subject := case when new_category in ('group_head', 'village_head') then nullif(trim(new_subject), '') end;
        t.person_id := case new_category when 'deputy' then new_person end;
        t.unit_id := case new_category when 'unit' then coalesce(new_unit, m.unit_id) end;
        perform lv.demand_appraisee(m, t);
        perform lv.demand_not_own(who, t.person_id, m.code);
        perform lv.demand_ballots(b);
        t.state := 'counting';
        t.round := 1;
        t.state_since := today;
        t.code := lv.next_code('appraisal');
        insert into data.tally select (t).* on conflict do nothing;
        perform lv.demand(found, 'conflict', 'operation_repeated');
        perform lv.add_step(
            who, op, 'appraisal', id, 'record', 'new', t.state, null,
            jsonb_build_object('meeting', m.code, 'category', t.category)
        );
    else
        perform lv.demand_not_own(who, t.person_id, t.code);
        perform lv.demand_ballots(b);
        t.round := t.round + 1;
        update data.tally as d set (state, round, state_since) = ('counting', t.round, today)
        where (d.town_id, d.appraisal_id) = (t.town_id, id);
        perform lv.add_step(
            who, op, 'appraisal', id, 'recount', t.state, 'counting', null, jsonb_build_object('round', t.round)
        );
    end if;
    perform lv.add_count(who, op, id, t.round, 1, b);
    code := t.code;
    round := t.round;
    few_voters := m.kind = 'duty_report' and (b).issued < lv.setting('appraisal_voters', m.held_on);
end
$$;

-- The second count, by another. Both entries are kept, whatever comes of it: a refusal would lose the second.
create function lv.count_again(
    who data.caller, op data.op, id uuid, b lv.ballots, out state text, out differing text[], out count_differs boolean
) language plpgsql volatile as $$
declare
    today date := lv.today();
    t data.tally;
    m data.meeting;
    c data.tally_count;
begin
    select * into t from data.tally as d where (d.town_id, d.appraisal_id) = ((who).town_id, id) for no key update;
    perform lv.demand(
        t.appraisal_id is not null, 'not_found', 'appraisal_unknown', 'appraisal', coalesce(id::text, '')
    );
    select * into m from data.meeting as d where (d.town_id, d.meeting_id) = (t.town_id, t.meeting_id);
    perform lv.demand_step(who, 'appraisal', 'count_again', t.state, t.code);
    perform lv.demand_tally_scope(who, m, t.code);
    select * into c
    from data.tally_count as d
    where (d.town_id, d.appraisal_id, d.round, d.counter) = (t.town_id, id, t.round, 1);
    perform lv.demand(not lv.is_same_actor(who, c.author_id), 'forbidden', 'count_again_self', 'appraisal', t.code);
    perform lv.demand_not_own(who, t.person_id, t.code);
    perform lv.demand_ballots(b);
    differing := lv.ballots_differ(
        b, row(
            c.issued, c.returned, c.invalid, c.excellent, c.competent, c.basic, c.incompetent
        )::lv.ballots
    );
    count_differs := differing <> '{}';
    state := case when count_differs then 'differing' else 'counted' end;
    perform lv.add_count(who, op, id, t.round, 2, b);
    update data.tally as d set (state, state_since) = (count_again.state, today)
    where (d.town_id, d.appraisal_id) = (t.town_id, id);
    perform lv.add_step(
        who, op, 'appraisal', id, 'count_again', t.state, count_again.state, null,
        jsonb_build_object('round', t.round, 'differing', nullif(differing, '{}'))
    );
end
$$;

-- What follows.

-- From here on it is an appraisal like any other.
create function lv.announce_appraisal(who data.caller, op data.op, t data.tally) returns data.tally
language plpgsql volatile as $$
declare
    today date := lv.today();
begin
    -- An import may have brought the code meanwhile.
    if exists (select from data.appraisal as a where (a.town_id, a.code) = (t.town_id, t.code)) then
        t.code := lv.next_code('appraisal');
    end if;
    t.announced_on := today;
    t.deliver_due_on := lv.add_working_days(today, lv.setting('appraisal_deliver_days', today)::int);
    insert into data.appraisal (
        town_id, appraisal_id, code, meeting_id, category, subject, person_id, unit_id, issued, returned, invalid,
        excellent, competent, basic, incompetent
    )
    select
        t.town_id, t.appraisal_id, t.code, t.meeting_id, t.category, t.subject, t.person_id, t.unit_id, c.issued,
        c.returned, c.invalid, c.excellent, c.competent, c.basic, c.incompetent
    from data.tally_count as c
    where (c.town_id, c.appraisal_id, c.round, c.counter) = (t.town_id, t.appraisal_id, t.round, 1);
    perform lv.tell(
        who, op, 'appraisal', t.appraisal_id, '测评结果已当场公布', t.code, t.person_id, null, t.unit_id, null
    );
    return t;
end
$$;

create function lv.move_appraisal(
    who data.caller, op data.op, id uuid, do_action text, note text, day date,
    out state text, out verdict text, out deliver_due_on date
) language plpgsql volatile as $$
#variable_conflict use_variable
declare
    today date := lv.today();
    t data.tally;
    m data.meeting;
    before text;
    leads_to text[];
begin
    note := nullif(trim(note), '');
    select * into t from data.tally as d where (d.town_id, d.appraisal_id) = ((who).town_id, id) for no key update;
    perform lv.demand(
        t.appraisal_id is not null, 'not_found', 'appraisal_unknown', 'appraisal', coalesce(id::text, '')
    );
    select * into m from data.meeting as d where (d.town_id, d.meeting_id) = (t.town_id, t.meeting_id);
    perform lv.demand_step(who, 'appraisal', do_action, t.state, t.code);
    perform lv.demand_tally_scope(who, m, t.code);
    perform lv.demand_value(note is not null or do_action = 'announce', 'note');
    leads_to := (
        select x.to_states from lv.transition as x
        where
            x.subject = 'appraisal' and x.action = do_action and t.state = any (x.from_states)
            and (who).role = any (x.roles)
    );
    before := t.state;
    t.state := leads_to[1];
    case do_action
        when 'announce' then
            perform lv.demand_term_open(m.held_on);
            perform lv.demand_not_own(who, t.person_id, t.code);
            t := lv.announce_appraisal(who, op, t);
        when 'deliver' then
            t.delivered_on := coalesce(day, today);
            perform lv.demand(
                t.delivered_on between t.announced_on and today, 'invalid', 'deliver_day', 'day',
                t.delivered_on::text, 'announced', t.announced_on::text
            );
        when 'void' then
            t.void_reason := note;
            update data.appraisal as a set void_reason = note
            where (a.town_id, a.appraisal_id) = (t.town_id, id);
    end case;
    update data.tally as d
    set
        code = t.code, state = t.state, announced_on = t.announced_on, deliver_due_on = t.deliver_due_on,
        delivered_on = t.delivered_on, void_reason = t.void_reason, state_since = today
    where (d.town_id, d.appraisal_id) = (t.town_id, id);
    perform lv.add_step(
        who, op, 'appraisal', id, do_action, before, t.state, note,
        jsonb_build_object(
            'day_on', case do_action when 'deliver' then t.delivered_on end,
            'deliver_due_on', case do_action when 'announce' then t.deliver_due_on end
        )
    );
    state := t.state;
    deliver_due_on := t.deliver_due_on;
    verdict := (
        select lv.ballots_verdict(a.ballots, m.held_on) from lv.appraisals() as a where a.appraisal_id = id
    );
end
$$;

create function lv.appraisal_actions(who data.caller, id uuid) returns text[] language sql stable as $$
    select coalesce(array_agg(a.action order by a.action), '{}')
    from data.tally as t
    join data.meeting as m on (m.town_id, m.meeting_id) = (t.town_id, t.meeting_id)
    left join data.tally_count as c
        on (c.town_id, c.appraisal_id, c.round, c.counter) = (t.town_id, t.appraisal_id, t.round, 1)
    cross join unnest(lv.actions_open('appraisal', t.state, (who).role)) as a (action)
    where
        (t.town_id, t.appraisal_id) = (lv.town_id(), id)
        and ((who).role not in ('clerk', 'leader') or coalesce(m.group_id = (who).group_id, true))
        and (a.action <> 'count_again' or not lv.is_same_actor(who, c.author_id))
$$;

-- Who counted, round by round; the figures once they agree and only of that round.
create function lv.tally_counts(id uuid) returns table (
    round int, counter int, author text, recorded_us timestamptz
) language sql stable as $$
    select c.round, c.counter, a.login, c.recorded_at
    from data.tally_count as c
    join data.account as a on (a.town_id, a.account_id) = (c.town_id, c.author_id)
    where (c.town_id, c.appraisal_id) = (lv.town_id(), id)
    order by c.round, c.counter
$$;
