-- Cases of the three nots (三不线索; domain.md E1.7): computed for a person and a period from the evidence of
-- 66_evidence.sql. Their steps: 68_case_steps.sql. Nothing here is published: a case is shown to whom cases_seen() of
-- 63_case_seen.sql names, and to nobody else.

-- What is seen.

-- Those of periods that lie within these days.
create function lv.cases_of(who data.caller, of_from date, of_to date) returns setof data.three_no_case
language sql stable as $$
    select c.*
    from lv.cases_seen(who) as c
    where c.from_on >= coalesce(of_from, '-infinity') and c.to_on <= coalesce(of_to, 'infinity')
$$;

-- The case of this id, or of this code, or a refusal.
create function lv.case_found(who data.caller, id uuid, case_code text) returns uuid language plpgsql stable as $$
declare
    found uuid := (
        select c.case_id
        from data.three_no_case as c
        where c.town_id = lv.town_id() and case when id is null then c.code = case_code else c.case_id = id end
    );
begin
    perform lv.demand(found is not null, 'not_found', 'case_unknown', 'case', coalesce(id::text, case_code));
    perform lv.demand(
        exists (select from lv.cases_seen(who) as c where c.case_id = found), 'forbidden', 'not_yours',
        'subject', 'case', 'code', coalesce(case_code, id::text), 'role', (who).role
    );
    return found;
end
$$;

-- The latest version that the caller may see: the person's is the one they were told of.
create function lv.newest_version(who data.caller, c data.three_no_case) returns int language sql stable as $$
    select case
        when (who).role in ('office', 'chair', 'auditor') or c.person_id is distinct from (who).person_id then c.version
        else c.told_version
    end
$$;

-- A version that the caller may see, the newest where none is named, or a refusal.
create function lv.version_seen(who data.caller, id uuid, case_code text, wanted int) returns data.case_version
language plpgsql stable as $$
declare
    c data.three_no_case;
    v data.case_version;
begin
    select d.* into c
    from data.three_no_case as d
    where (d.town_id, d.case_id) = ((who).town_id, lv.case_found(who, id, case_code));
    select d.* into v
    from data.case_version as d
    where
        (d.town_id, d.case_id, d.version) = (c.town_id, c.case_id, coalesce(wanted, lv.newest_version(who, c)))
        and d.version <= lv.newest_version(who, c);
    perform lv.demand(
        v.case_id is not null, 'not_found', 'case_version_unknown', 'case', c.code, 'version', wanted::text
    );
    return v;
end
$$;

-- What was found: how many of the three nots were confirmed. Null: nothing was, or not yet, or not any more.
create function lv.case_result(c data.three_no_case) returns text language sql immutable as $$
    select ('{none,one_no,two_no,three_no}'::text[])[1 + cardinality(c.confirmed)]
    where c.outcome = 'confirmed' and c.state <> 'void'
$$;

create function lv.case_lateness(c data.three_no_case, today date) returns text language sql immutable as $$
    select lv.lateness(c.step_due_on, today) where c.state not in ('cleared', 'carried', 'closed', 'void')
$$;

-- A case as ListCases and GetCase show it to this caller: the fields of lvzhi.v1.Case but `stale` and `actions`.
create function lv.case_shown(who data.caller, c data.three_no_case) returns table (
    case_id uuid, code text, person_code text, person_name text, group_code text, from_on date, to_on date, version int,
    track text, state text, state_since_on date, step_due_on date, lateness text, no_meetings int, no_activities int,
    no_voices int, nots int, notice text, notified_on date, answer text, statement text, outcome text,
    confirmed text[], result text, mentor_code text, mentor_name text, targets text, plan_ends_on date,
    void_reason text
) language sql stable as $$
    select
        c.case_id, c.code, p.code, p.name, g.code, c.from_on, c.to_on, v.version, v.track, c.state, c.state_since,
        c.step_due_on, lv.case_lateness(c, lv.today()), v.no_meetings, v.no_activities, v.no_voices, v.nots, c.notice,
        c.notified_on, c.answer, c.statement, c.outcome, c.confirmed, lv.case_result(c), m.code, m.name, c.targets,
        c.plan_ends_on, c.void_reason
    from data.person as p
    join data.case_version as v
        on (v.town_id, v.case_id, v.version) = (c.town_id, c.case_id, lv.newest_version(who, c))
    left join data.deputy_group as g on (g.town_id, g.group_id) = (c.town_id, c.group_id)
    left join data.person as m on (m.town_id, m.person_id) = (c.town_id, c.mentor_id)
    where (p.town_id, p.person_id) = (c.town_id, c.person_id)
$$;

-- Which of these cases rest on evidence that would come out otherwise now: one computation a period.
create function lv.stale_cases(ids uuid[]) returns table (case_id uuid) language plpgsql stable as $$
#variable_conflict use_column
begin
    return query
    select c.case_id
    from (
        select d.from_on, d.to_on, array_agg(d.person_id) as people
        from data.three_no_case as d
        where d.town_id = lv.town_id() and d.case_id = any (ids) and d.state <> 'void'
        group by d.from_on, d.to_on
    ) as p
    cross join lateral lv.evidence_of(p.from_on, p.to_on, p.people) as e
    join data.three_no_case as c
        on (c.town_id, c.person_id, c.from_on, c.to_on) = (lv.town_id(), e.person_id, p.from_on, p.to_on)
    join data.case_version as v on (v.town_id, v.case_id, v.version) = (c.town_id, c.case_id, c.version)
    where v.digest <> e.digest;
end
$$;

-- A version's evidence computed anew: is it the same, and which of its parts and meetings are not?
create function lv.verify_case(v data.case_version) returns table (
    same boolean, intact boolean, digest text, present_digest text, parts text[], meeting_codes text[]
) language plpgsql stable as $$
#variable_conflict use_column
declare
    c data.three_no_case;
    e lv.evidence;
    before jsonb := v.pack;
    present jsonb;
begin
    select d.* into c from data.three_no_case as d where (d.town_id, d.case_id) = (v.town_id, v.case_id);
    select * into e from lv.evidence_of(c.from_on, c.to_on, array[c.person_id]);
    present := e.pack;
    return query
    select
        v.pack = e.pack, v.digest = sha256(convert_to(v.pack, 'UTF8')), encode(v.digest, 'hex'),
        encode(e.digest, 'hex'),
        array(
            select coalesce(b.key, n.key) as key
            from jsonb_each(before) as b
            full join jsonb_each(present) as n on n.key = b.key
            where b.value is distinct from n.value
            order by 1
        ),
        array(
            select coalesce(b.line, n.line) ->> 'meeting' as code
            from jsonb_array_elements(before -> 'lines') as b (line)
            full join jsonb_array_elements(present -> 'lines') as n (line)
                on n.line ->> 'meeting' = b.line ->> 'meeting'
            where b.line is distinct from n.line
            order by 1
        );
end
$$;

-- Days.

-- The day by which the state that `c` has just come into should be left (domain.md E1.7).
create function lv.case_step_due(c data.three_no_case, today date) returns date language sql stable as $$
    select case c.state
        when 'data_check' then lv.add_working_days(today, s.case_check_days)
        when 'checked' then lv.add_working_days(today, s.case_notify_days)
        when 'wait_statement' then lv.add_working_days(c.notified_on, s.case_statement_days)
        when 'review' then lv.add_working_days(today, s.case_review_days)
        when 'help_plan' then c.plan_ends_on
        when 'reopened' then lv.add_working_days(today, s.case_reopen_days)
    end
    from lv.settings(today) as s
$$;

-- Telling.

-- A notice in the person's own account.
create function lv.tell_case(who data.caller, op data.op, c data.three_no_case, title text, said text) returns uuid
language sql volatile as $$
    insert into data.notice (
        town_id, notice_id, person_id, subject, record_id, title, text, sent_at, sender_id, op_id
    )
    values (
        c.town_id, gen_random_uuid(), c.person_id, 'case', c.case_id, title, said, lv.now(), (who).account_id,
        (op).op_id
    )
    returning notice_id
$$;

-- Computing.

create function lv.add_case_version(who data.caller, op data.op, id uuid, number int, e lv.evidence) returns void
language plpgsql volatile as $$
begin
    insert into data.case_version (
        town_id, case_id, version, track, no_meetings, no_activities, no_voices, nots, pack, digest, rules, op_id,
        author_id, computed_at
    )
    values (
        (who).town_id, id, number, e.track, e.no_meetings, e.no_activities, e.no_voices, e.nots, e.pack, e.digest,
        (select m.checksum from data.migration as m where m.version = 0), (op).op_id, (who).account_id, lv.now()
    );
end
$$;

-- What a case was decided on; the rest of its evidence says how that came about.
create function lv.case_figures(pack text) returns jsonb language sql immutable as $$
    select jsonb_build_array(p.pack -> 'figures', p.pack -> 'findings', p.pack -> 'settings', p.pack -> 'period')
    from (select case_figures.pack::jsonb as pack) as p
$$;

-- The evidence came out otherwise: a new version. Where the figures moved, all that was built on them begins anew, or
-- ends: with no level left the case is closed as corrected. Where only their story did (a proof added, a title), the
-- case stays where it is.
create function lv.renew_case(who data.caller, op data.op, c data.three_no_case, e lv.evidence) returns void
language plpgsql volatile as $$
declare
    n data.three_no_case := c;
    today date := lv.today();
    moved boolean := lv.case_figures(e.pack) is distinct from (
        select lv.case_figures(v.pack)
        from data.case_version as v
        where (v.town_id, v.case_id, v.version) = (c.town_id, c.case_id, c.version)
    );
begin
    n.version := c.version + 1;
    n.group_id := e.group_id;
    n.track := e.track;
    if moved then
        n.state := case e.track when 'none' then 'closed' else 'data_check' end;
        n.state_since := today;
        n.step_due_on := lv.case_step_due(n, today);
        n.outcome := case e.track when 'none' then 'corrected' end;
        n.confirmed := '{}';
        n.notice_id := null;
        n.notice := null;
        n.notified_on := null;
        n.answer := null;
        n.statement := null;
        n.mentor_id := null;
        n.targets := null;
        n.plan_ends_on := null;
    end if;
    if not moved and c.told_version = c.version or e.track = 'none' and c.told_version is not null then
        n.told_version := n.version;
    end if;
    perform lv.add_case_version(who, op, c.case_id, n.version, e);
    perform lv.save_case(n);
    if moved and e.track = 'none' and c.told_version is not null then
        perform lv.tell_case(
            who, op, n, '履职线索已更正：' || c.code,
            concat(c.from_on, ' 至 ', c.to_on, ' 的记录更正后，您没有线索，已结案。')
        );
    end if;
    perform lv.add_step(
        who, op, 'case', c.case_id, 'compute', c.state, n.state, null,
        jsonb_build_object('version', n.version, 'track', n.track, 'figures_moved', moved)
    );
end
$$;

-- What a step or a computation leaves behind.
create function lv.save_case(n data.three_no_case) returns void language sql volatile as $$
    update data.three_no_case as c
    set (
        group_id, version, told_version, track, state, state_since, step_due_on, notice_id, notice, notified_on, answer,
        statement, outcome, confirmed, mentor_id, targets, plan_ends_on, void_reason
    ) = (
        n.group_id, n.version, n.told_version, n.track, n.state, n.state_since, n.step_due_on, n.notice_id, n.notice,
        n.notified_on, n.answer, n.statement, n.outcome, n.confirmed, n.mentor_id, n.targets, n.plan_ends_on,
        n.void_reason
    )
    where (c.town_id, c.case_id) = (n.town_id, n.case_id)
$$;

-- Makes a case of everybody who has a level in the period, and renews those whose evidence has changed. A second time
-- it changes nothing. Days still to come have no evidence: only a period that is over is computed.
create function lv.compute_cases(who data.caller, op data.op, of_from date, of_to date)
returns table (added int, renewed int, unchanged int) language plpgsql volatile as $$
declare
    town int := lv.town_id();
    today date := lv.today();
    c data.three_no_case;
    e lv.evidence;
begin
    added := 0;
    renewed := 0;
    unchanged := 0;
    perform lv.demand_value(of_from is not null, 'from_on');
    perform lv.demand_value(of_to is not null, 'to_on');
    perform lv.demand(of_from <= of_to, 'invalid', 'period_invalid', 'from', of_from::text, 'to', of_to::text);
    perform lv.demand(of_to < today, 'conflict', 'period_not_over', 'to', of_to::text);
    -- A term is five years (Deputies Law art. 2), and nothing is counted over more.
    perform lv.demand(
        of_to < lv.add_months(of_from, 60), 'invalid', 'period_too_long', 'from', of_from::text, 'to', of_to::text
    );
    -- Two at once would both find that somebody has no case yet.
    perform from data.town as t where t.town_id = town for no key update;
    for e in
        select d.*
        from lv.evidence_of(of_from, of_to, null) as d
        join data.person as p on (p.town_id, p.person_id) = (town, d.person_id)
        order by p.code collate "C"
    loop
        select d.* into c
        from data.three_no_case as d
        where (d.town_id, d.person_id, d.from_on, d.to_on) = (town, e.person_id, of_from, of_to)
        for no key update;
        if found then
            if c.state = 'void' or e.digest = (
                select v.digest
                from data.case_version as v
                where (v.town_id, v.case_id, v.version) = (town, c.case_id, c.version)
            ) then
                unchanged := unchanged + 1;
            else
                perform lv.renew_case(who, op, c, e);
                renewed := renewed + 1;
            end if;
            continue;
        end if;
        continue when e.track = 'none';
        c.case_id := gen_random_uuid();
        c.state := 'data_check';
        insert into data.three_no_case (
            town_id, case_id, code, person_id, from_on, to_on, group_id, version, track, state, state_since, step_due_on
        )
        values (
            town, c.case_id, lv.next_code('case'), e.person_id, of_from, of_to, e.group_id, 1, e.track, c.state, today,
            lv.case_step_due(c, today)
        );
        perform lv.add_case_version(who, op, c.case_id, 1, e);
        perform lv.add_step(
            who, op, 'case', c.case_id, 'compute', 'new', c.state, null,
            jsonb_build_object('version', 1, 'track', e.track)
        );
        added := added + 1;
    end loop;
    return next;
end
$$;

-- The statutory lane (Deputies Law 2025 art. 62(3), 63), which no setting of levels moves: town deputies who missed
-- sessions of their own congress in this term without approval. One: a finding (ST1); two: the credentials committee is
-- asked to look into it (ST2). Each session by the rules of its own day.
create function lv.statutory()
returns table (person_id uuid, mandate_code text, group_id uuid, constituency text, sessions text[], rule text)
language plpgsql stable rows 10 as $$
declare
    t data.town := (select d from data.town as d where d.town_id = lv.town_id());
begin
    return query
    select
        m.person_id, m.code, m.group_id, m.constituency, array_agg(s.code order by s.held_on, s.code),
        case when count(*) >= 2 then 'statutory_2' else 'statutory_1' end
    from data.meeting as s
    cross join lateral lv.roll_lines(s.held_on, s.held_on) as l
    join data.mandate as m
        on m.town_id = s.town_id and m.person_id = l.person_id and m.level = 'town' and m.void_reason is null
    join lv.mandate_days as d on d.town_id = m.town_id and d.mandate_id = m.mandate_id and d.days @> s.held_on
    where
        s.town_id = t.town_id and s.kind = 'congress_session'
        and s.held_on between t.term_starts_on and lv.today()
        and l.meeting_id = s.meeting_id and l.counted and l.status = 'unexcused'
    group by m.mandate_id, m.person_id, m.code, m.group_id, m.constituency;
end
$$;
