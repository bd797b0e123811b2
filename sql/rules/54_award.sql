-- Awards (创先争优): put up, checked, decided by the chair with a document, paid (domain.md A7). What is decided stands
-- in data.award; who was put up, in data.nomination; imported awards were never put up.

-- Both as one record.
create view lv.award_case with (security_invoker = true) as
select
    coalesce(n.town_id, a.town_id) as town_id,
    coalesce(n.award_id, a.award_id) as award_id,
    coalesce(n.code, a.code) as code,
    coalesce(n.year, extract(year from a.awarded_on)::int) as year,
    coalesce(n.kind, a.kind) as kind,
    coalesce(n.group_id, a.group_id) as group_id,
    coalesce(n.person_id, a.person_id) as person_id,
    case
        when a.award_id is null then n.state
        when a.void_reason is not null then 'void'
        when a.paid_on is not null then 'paid'
        else 'decided'
    end as state,
    n.reason, n.nominated_by, n.nominated_on, n.verified_by, n.checked, n.close_reason,
    a.awarded_on, a.amount_yuan, a.document, a.over_note, a.decided_by, a.paid_by, a.paid_on, a.void_reason
from data.nomination as n
full join data.award as a on (a.town_id, a.award_id) = (n.town_id, n.award_id);

create function lv.recipient_code(c lv.award_case) returns text language sql stable as $$
    select coalesce(
        (select g.code from data.deputy_group as g where (g.town_id, g.group_id) = (c.town_id, c.group_id)),
        (select p.code from data.person as p where (p.town_id, p.person_id) = (c.town_id, c.person_id))
    )
$$;

-- Nobody steps in what is about themselves.
create function lv.demand_award_anothers(
    who data.caller, c lv.award_case, variadic accounts uuid[] default '{}'
) returns void language plpgsql stable as $$
begin
    perform lv.demand(not lv.is_of_case(who, c.person_id), 'forbidden', 'award_for_self', 'code', c.code);
    perform lv.demand(not lv.is_same_actor(who, a.account), 'forbidden', 'award_own_step', 'code', c.code)
    from unnest(accounts) as a (account);
end
$$;

-- The same recipient once in a year and kind; what came to nothing does not count.
create function lv.demand_award_once(c lv.award_case) returns void language plpgsql stable as $$
begin
    perform lv.demand(
        false, 'conflict', 'award_twice', 'recipient', lv.recipient_code(c), 'year', c.year::text, 'award', o.code
    )
    from lv.award_case as o
    where
        (o.town_id, o.year, o.kind) = (c.town_id, c.year, c.kind)
        and coalesce(o.group_id, o.person_id) = coalesce(c.group_id, c.person_id)
        and o.award_id <> c.award_id and o.state not in ('rejected', 'withdrawn', 'void')
    limit 1;
end
$$;

-- Would one more excellent deputy be more than the year's quota of those who were in office in it?
create function lv.is_over_quota(c lv.award_case) returns boolean language plpgsql stable as $$
declare
    first_on date := make_date(c.year, 1, 1);
    last_on date := make_date(c.year, 12, 31);
    awards int := (
        select count(*) from lv.award_case as o
        where
            (o.town_id, o.year, o.kind) = (c.town_id, c.year, c.kind) and o.state in ('decided', 'paid')
            and o.award_id <> c.award_id
    );
    people int := (
        select count(*) from lv.offices() as o where o.days && daterange(first_on, last_on, '[]')
    );
begin
    return c.kind = 'excellent_deputy' and (awards + 1) * 100 > lv.setting('award_quota_percent', last_on) * people;
end
$$;

-- Was the deputy in office in the year, in this group, if one is named?
create function lv.in_office_in_year(person uuid, in_group uuid, of_year int) returns boolean
language plpgsql stable as $$
begin
    return exists (
        select
        from lv.mandate_days as d
        join data.mandate as m on (m.town_id, m.mandate_id) = (d.town_id, d.mandate_id)
        where
            (d.town_id, d.person_id) = (lv.town_id(), person) and m.group_id = coalesce(in_group, m.group_id)
            and d.days && daterange(make_date(of_year, 1, 1), make_date(of_year, 12, 31), '[]')
    );
end
$$;

-- Leaders reach their group and who stood in it in the year.
create function lv.award_in_scope(who data.caller, c lv.award_case) returns boolean language plpgsql stable as $$
begin
    return coalesce(
        case (who).role
            when 'deputy' then c.person_id = (who).person_id
            when 'leader' then
                c.group_id is not distinct from (who).group_id
                or lv.in_office_in_year(c.person_id, (who).group_id, c.year)
            else (who).role in ('office', 'chair', 'auditor')
        end,
        false
    );
end
$$;

create function lv.nominate_award(
    who data.caller, op data.op, id uuid, new_kind text, of_year int, in_group uuid, person uuid, new_reason text
) returns table (code text, state text) language plpgsql volatile as $$
declare
    c lv.award_case;
begin
    perform lv.demand_step(who, 'award', 'nominate', 'new', '');
    c.town_id := (who).town_id;
    c.award_id := id;
    c.year := coalesce(of_year, extract(year from lv.today())::int);
    c.kind := new_kind;
    c.group_id := in_group;
    c.person_id := person;
    c.reason := nullif(trim(new_reason), '');
    perform lv.demand_value(id is not null, 'award_id');
    perform lv.demand_value(new_kind is not null, 'award_kind');
    perform lv.demand_year(c.year);
    perform lv.demand_value(c.reason is not null, 'reason');
    perform lv.demand(
        case new_kind when 'advanced_group' then person is null and in_group is not null
            else in_group is null and person is not null
        end,
        'invalid', 'award_for_whom', 'award_kind', new_kind
    );
    perform lv.demand(
        lv.recipient_code(c) is not null, 'not_found', 'recipient_unknown', 'recipient',
        coalesce(in_group, person)::text
    );
    perform lv.demand(
        person is null or lv.in_office_in_year(person, null, c.year), 'invalid', 'not_in_office_in_year',
        'person', lv.recipient_code(c), 'year', c.year::text
    );
    perform lv.demand(
        lv.award_in_scope(who, c), 'forbidden', 'not_yours', 'subject', 'award', 'code', lv.recipient_code(c),
        'role', (who).role
    );
    perform lv.demand_award_anothers(who, c);
    c.code := lv.next_code('award'); -- and whoever puts up the same waits
    perform lv.demand_award_once(c);
    insert into data.nomination (
        town_id, award_id, code, year, kind, group_id, person_id, reason, state, nominated_by, nominated_on
    )
    values (
        c.town_id, id, c.code, c.year, new_kind, in_group, person, c.reason, 'nominated', (who).account_id, lv.today()
    );
    perform lv.add_step(
        who, op, 'award', id, 'nominate', 'new', 'nominated', c.reason,
        jsonb_build_object('recipient', lv.recipient_code(c), 'year', c.year)
    );
    code := c.code;
    state := 'nominated';
    return next;
end
$$;

-- The decision: its document, the day's sum, the score sheet as it stands now.
create function lv.decide_award(
    who data.caller, c lv.award_case, day date, new_document text, why_over text
) returns jsonb language plpgsql volatile as $$
declare
    rate_kind text := case c.kind when 'advanced_group' then 'award_group' else 'award_deputy' end;
    amount bigint := lv.rate(rate_kind, 'all', day);
    is_over boolean;
begin
    perform lv.demand_value(new_document is not null, 'document');
    perform lv.demand(day <= lv.today(), 'invalid', 'day_in_future', 'day', day::text);
    perform lv.demand_term_open(day);
    perform lv.demand(
        extract(year from day) >= c.year, 'invalid', 'decided_before_year', 'code', c.code, 'day', day::text
    );
    perform lv.demand(amount is not null, 'conflict', 'rate_unset', 'rate_kind', rate_kind, 'day', day::text);
    -- Decisions wait for one another: what is left of the budget is spent once.
    perform from data.counter as k where (k.town_id, k.subject) = (c.town_id, 'award') for no key update;
    perform lv.demand_award_once(c);
    perform lv.demand( -- an import may have brought it meanwhile
        not exists (select from data.award as a where (a.town_id, a.code) = (c.town_id, c.code)), 'conflict',
        'award_code_taken', 'code', c.code
    );
    is_over := lv.demand_budget(who, day, 'award', amount, why_over);
    insert into data.award (
        town_id, award_id, code, awarded_on, kind, group_id, person_id, amount_yuan, document, over_note, decided_by
    )
    values (
        c.town_id, c.award_id, c.code, day, c.kind, c.group_id, c.person_id, amount, new_document,
        case when is_over then why_over end, (who).account_id
    );
    update data.nomination as n set state = 'decided' where (n.town_id, n.award_id) = (c.town_id, c.award_id);
    return jsonb_build_object('day_on', day, 'document', new_document, 'amount_yuan', amount);
end
$$;

create function lv.award_case_of(award uuid) returns lv.award_case language sql stable as $$
    select c from lv.award_case as c where (c.town_id, c.award_id) = (lv.town_id(), award)
$$;

create function lv.move_award(
    who data.caller, op data.op, id uuid, do_action text, new_note text, on_day date, new_document text
) returns table (state text, amount_yuan bigint, over_quota boolean, open_lines int) language plpgsql volatile as $$
declare
    today date := lv.today();
    day date := coalesce(on_day, today);
    c lv.award_case;
    facts jsonb := '{}';
begin
    perform from data.nomination as n where (n.town_id, n.award_id) = ((who).town_id, id) for no key update;
    perform from data.award as a where (a.town_id, a.award_id) = ((who).town_id, id) for no key update;
    c := lv.award_case_of(id);
    perform lv.demand(c.award_id is not null, 'not_found', 'award_unknown', 'award', coalesce(id::text, ''));
    perform lv.demand_step(who, 'award', do_action, c.state, c.code);
    perform lv.demand(
        lv.award_in_scope(who, c), 'forbidden', 'not_yours', 'subject', 'award', 'code', c.code, 'role', (who).role
    );
    new_note := nullif(trim(new_note), '');
    perform lv.demand_value(new_note is not null or do_action in ('decide', 'pay'), 'note');
    case do_action
        when 'verify' then
            perform lv.demand_award_anothers(who, c, c.nominated_by);
            perform lv.demand(
                (who).role <> 'leader' or c.kind = 'excellent_deputy', 'forbidden', 'award_own_group', 'code', c.code
            );
            update data.nomination as n
            set (state, verified_by, checked) = ('verified', (who).account_id, new_note)
            where (n.town_id, n.award_id) = (c.town_id, id);
        when 'decide' then
            perform lv.demand_award_anothers(who, c, c.nominated_by, c.verified_by);
            facts := lv.decide_award(who, c, day, nullif(trim(new_document), ''), new_note);
            perform lv.freeze_scores(lv.award_case_of(id));
        when 'reject', 'withdraw' then
            perform lv.demand_award_anothers(who, c);
            update data.nomination as n
            set (state, close_reason) = (case do_action when 'reject' then 'rejected' else 'withdrawn' end, new_note)
            where (n.town_id, n.award_id) = (c.town_id, id);
        when 'pay' then
            perform lv.demand_award_anothers(who, c, c.decided_by);
            perform lv.demand(
                day between c.awarded_on and today, 'invalid', 'paid_when', 'code', c.code, 'day', day::text
            );
            update data.award as a
            set (paid_on, paid_by) = (day, (who).account_id)
            where (a.town_id, a.award_id) = (c.town_id, id);
            facts := jsonb_build_object('day_on', day);
        else -- void
            update data.award as a set void_reason = new_note where (a.town_id, a.award_id) = (c.town_id, id);
    end case;
    -- What whoever decides should know.
    if do_action in ('verify', 'decide') then
        over_quota := lv.is_over_quota(c);
        open_lines := lv.open_lines(c);
    end if;
    perform lv.add_step(
        who, op, 'award', id, do_action, c.state, (lv.award_case_of(id)).state, new_note,
        facts || jsonb_build_object('over_quota', nullif(over_quota, false))
    );
    c := lv.award_case_of(id);
    state := c.state;
    amount_yuan := c.amount_yuan;
    return next;
end
$$;

-- What is seen: of what is not decided deputies know nothing.
create function lv.awards_seen(who data.caller) returns setof lv.award_case language sql stable as $$
    select c.*
    from lv.award_case as c
    where
        c.town_id = lv.town_id() and lv.award_in_scope(who, c)
        and ((who).role <> 'deputy' or c.state in ('decided', 'paid', 'void'))
$$;

-- The award of this id, or of this code, or a refusal.
create function lv.award_found(who data.caller, id uuid, award_code text) returns lv.award_case
language plpgsql stable as $$
declare
    c lv.award_case;
begin
    select o.* into c
    from lv.award_case as o
    where o.town_id = lv.town_id() and case when id is null then o.code = award_code else o.award_id = id end;
    perform lv.demand(c.award_id is not null, 'not_found', 'award_unknown', 'award', coalesce(id::text, award_code));
    perform lv.demand(
        exists (select from lv.awards_seen(who) as s where s.award_id = c.award_id), 'forbidden', 'not_yours',
        'subject', 'award', 'code', c.code, 'role', (who).role
    );
    return c;
end
$$;

-- As ListAwards and GetAward show it: the fields of lvzhi.v1.Award but `actions`.
create function lv.award_shown(c lv.award_case) returns table (
    award_id uuid, code text, year int, kind text, recipient_code text, recipient_name text, state text, reason text,
    nominated_by text, nominated_on date, verified_by text, checked text, close_reason text, awarded_on date,
    amount_yuan bigint, document text, over_note text, decided_by text, paid_on date, paid_by text, void_reason text
) language sql stable as $$
    select
        c.award_id, c.code, c.year, c.kind, coalesce(g.code, p.code), coalesce(g.name, p.name), c.state, c.reason,
        n.login, c.nominated_on, v.login, c.checked, c.close_reason, c.awarded_on, c.amount_yuan, c.document,
        c.over_note, d.login, c.paid_on, y.login, c.void_reason
    from (select) as one
    left join data.deputy_group as g on (g.town_id, g.group_id) = (c.town_id, c.group_id)
    left join data.person as p on (p.town_id, p.person_id) = (c.town_id, c.person_id)
    left join data.account as n on (n.town_id, n.account_id) = (c.town_id, c.nominated_by)
    left join data.account as v on (v.town_id, v.account_id) = (c.town_id, c.verified_by)
    left join data.account as d on (d.town_id, d.account_id) = (c.town_id, c.decided_by)
    left join data.account as y on (y.town_id, y.account_id) = (c.town_id, c.paid_by)
$$;
