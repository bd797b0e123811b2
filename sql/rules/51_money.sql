-- The money: what the budget gives, what a deputy is entitled to, what was spent (domain.md A5, D2.11).

create function lv.demand_sum(yuan bigint, at_least int) returns void language plpgsql stable as $$
begin
    perform lv.demand_value(yuan is not null, 'amount_yuan');
    perform lv.demand(yuan between at_least and 999999999, 'invalid', 'bad_amount', 'amount', yuan::text);
end
$$;

create function lv.demand_year(year int) returns void language plpgsql stable as $$
begin
    perform lv.demand_value(year is not null, 'year');
    perform lv.demand(
        year between 1954 and extract(year from lv.today()) + 5, 'invalid', 'bad_year', 'year', year::text
    );
end
$$;

create function lv.this_year(asked int) returns int language plpgsql stable as $$
begin
    perform lv.demand_year(coalesce(asked, extract(year from lv.today())::int));
    return coalesce(asked, extract(year from lv.today())::int);
end
$$;

-- Rates.

-- domain.md F: the sums before and after the town raised them.
create view lv.default_rate with (security_invoker = true) as
select r.kind, r.level, r.holds_from, r.yuan
from (
    values
    ('activity_per_deputy', 'all', date '2008-01-01', 200::bigint),
    ('activity_per_deputy', 'all', '2010-01-01', 500),
    ('award_group', 'all', '2008-01-01', 300),
    ('award_group', 'all', '2010-01-01', 500),
    ('award_deputy', 'all', '2008-01-01', 100),
    ('award_deputy', 'all', '2010-01-01', 300)
) as r (kind, level, holds_from, yuan);

-- The town's, and the defaults of the days for which it has none.
create function lv.rates() returns table (
    kind text, level text, holds_from date, yuan bigint, note text, author_id uuid, recorded_at timestamptz
) language sql stable as $$
    select distinct on (r.kind, r.level, r.holds_from)
        r.kind, r.level, r.holds_from, r.yuan, r.note, r.author_id, r.recorded_at
    from (
        select r.kind, r.level, r.holds_from, r.yuan, r.note, r.author_id, r.recorded_at, r.op_id
        from data.rate as r
        where r.town_id = lv.town_id()
        union all
        select d.kind, d.level, d.holds_from, d.yuan, null, null, null, null from lv.default_rate as d
    ) as r
    order by r.kind, r.level, r.holds_from, r.recorded_at desc nulls last, r.op_id desc
$$;

-- What holds on a day; one that is of the level only goes before one of all levels. Null: nobody has set it.
create function lv.rate(of_kind text, of_level text, day date) returns bigint language sql stable as $$
    select r.yuan
    from lv.rates() as r
    where r.kind = of_kind and r.level in (of_level, 'all') and r.holds_from <= day
    order by r.level = 'all', r.holds_from desc
    limit 1
$$;

create function lv.set_rate(
    who data.caller, op data.op, new_kind text, new_level text, from_on date, new_yuan bigint, new_note text
) returns bigint language plpgsql volatile as $$
declare
    of_level text := coalesce(new_level, 'all');
    before bigint;
begin
    new_note := nullif(trim(new_note), '');
    perform lv.demand_value(new_kind is not null, 'rate_kind');
    perform lv.demand_value(from_on is not null, 'holds_from_on');
    perform lv.demand_sum(new_yuan, 0);
    perform lv.demand_value(new_note is not null, 'note');
    perform lv.demand(
        of_level = 'all' or new_kind in ('activity_per_deputy', 'allowance_day'), 'invalid', 'rate_not_by_level',
        'rate_kind', new_kind
    );
    before := lv.rate(new_kind, of_level, from_on);
    insert into data.rate (town_id, kind, level, holds_from, op_id, yuan, note, author_id, recorded_at)
    values (
        (who).town_id, new_kind, of_level, from_on, (op).op_id, new_yuan, new_note, (who).account_id, lv.now()
    );
    return before;
end
$$;

-- Budget lines.

create function lv.budget_lines(of_year int) returns table (kind text, yuan bigint, note text) language sql stable as $$
    select distinct on (b.kind) b.kind, b.yuan, b.note
    from data.budget_line as b
    where b.town_id = lv.town_id() and b.year = of_year
    order by b.kind, b.recorded_at desc, b.op_id desc
$$;

-- What was spent in a year by kind, awards among it; `unconfirmed` of it nobody has confirmed yet.
create function lv.spent(of_year int) returns table (kind text, yuan bigint, unconfirmed_yuan bigint, entries int)
language sql stable as $$
    select
        f.kind, sum(f.amount_yuan)::bigint,
        coalesce(sum(f.amount_yuan) filter (where f.recorded_by is not null and f.confirmed_on is null), 0)::bigint,
        count(*)::int
    from data.fund as f
    where
        f.town_id = lv.town_id() and f.void_reason is null
        and f.spent_on between make_date(of_year, 1, 1) and make_date(of_year, 12, 31)
    group by f.kind
    union all
    select 'award', sum(a.amount_yuan)::bigint, 0, count(*)::int
    from data.award as a
    where
        a.town_id = lv.town_id() and a.void_reason is null
        and a.awarded_on between make_date(of_year, 1, 1) and make_date(of_year, 12, 31)
    having count(*) > 0
$$;

-- Whoever asks what is left and then spends it holds the kind's counter of codes, so that two do not spend the same.
create function lv.left_of_budget(day date, of_kind text) returns bigint language sql stable as $$
    select b.yuan - coalesce(s.yuan, 0)
    from lv.budget_lines(extract(year from day)::int) as b
    left join lv.spent(extract(year from day)::int) as s on s.kind = b.kind
    where b.kind = of_kind
$$;

-- 专款专用: nothing goes beyond its line, nor out of none, unless the chair says why.
create function lv.demand_budget(who data.caller, day date, of_kind text, amount bigint, over_note text)
returns boolean language plpgsql stable as $$
declare
    left_yuan bigint := lv.left_of_budget(day, of_kind);
    is_over boolean := coalesce(amount > left_yuan, true);
    year text := extract(year from day)::text;
begin
    if is_over and ((who).role <> 'chair' or over_note is null) then
        perform lv.demand(
            left_yuan is not null, 'conflict', 'budget_missing', 'year', year, 'budget_kind', of_kind
        );
        perform lv.refuse(
            'conflict', 'over_budget', 'year', year, 'budget_kind', of_kind, 'left', left_yuan::text,
            'amount', amount::text
        );
    end if;
    return is_over;
end
$$;

create function lv.set_budget(
    who data.caller, op data.op, of_year int, new_kind text, new_yuan bigint, new_note text
) returns table (before_yuan bigint, spent_yuan bigint, over_spent boolean) language plpgsql volatile as $$
begin
    new_note := nullif(trim(new_note), '');
    perform lv.demand_year(of_year);
    perform lv.demand_value(new_kind is not null, 'budget_kind');
    perform lv.demand_sum(new_yuan, 0);
    perform lv.demand_value(new_note is not null, 'note');
    before_yuan := (select b.yuan from lv.budget_lines(of_year) as b where b.kind = new_kind);
    spent_yuan := coalesce((select s.yuan from lv.spent(of_year) as s where s.kind = new_kind), 0);
    over_spent := spent_yuan > new_yuan;
    insert into data.budget_line (town_id, year, kind, op_id, yuan, note, author_id, recorded_at)
    values ((who).town_id, of_year, new_kind, (op).op_id, new_yuan, new_note, (who).account_id, lv.now());
    return next;
end
$$;

-- What a deputy is entitled to.

-- The year's activity money of everybody, or of one person: for each day in office the day's rate, all of it divided by
-- the year's days and rounded down once. A person with several mandates is paid once a day, by the highest rate of
-- the levels that the settings name. Days of suspension are none in office (Deputies Law art. 61): the money is for
-- activities of duty (art. 42), and these are what is suspended.
create function lv.entitlements(of_year int, of_person uuid default null)
returns table (person_id uuid, days int, rates_yuan bigint[], rates_days int[], yuan bigint)
language plpgsql stable rows 1000 as $$
declare
    town int := lv.town_id();
    first_on date := make_date(of_year, 1, 1);
    last_on date := make_date(of_year, 12, 31);
    s lv.default_settings := lv.settings(last_on);
begin
    return query
    with change as (
        select first_on as day
        union
        select r.holds_from
        from lv.rates() as r
        where r.kind = 'activity_per_deputy' and r.holds_from > first_on and r.holds_from <= last_on
    ),
    span as (
        select c.day as from_on, lead(c.day - 1, 1, last_on) over (order by c.day) as to_on from change as c
    ),
    rate as materialized (
        select l.level, p.from_on, p.to_on, lv.rate('activity_per_deputy', l.level, p.from_on) as yuan
        from span as p
        cross join (
            values
            ('city', s.activity_money_city), ('county', s.activity_money_county), ('town', s.activity_money_town)
        ) as l (level, is_entitled)
        where l.is_entitled > 0
    ),
    share as (
        select
            m.person_id, r.from_on, r.yuan,
            range_agg(m.days * datemultirange(daterange(r.from_on, r.to_on, '[]'))) as days
        from lv.mandate_days as m
        join data.mandate as t on t.town_id = m.town_id and t.mandate_id = m.mandate_id
        join rate as r on r.level = t.level
        where m.town_id = town and m.person_id = coalesce(of_person, m.person_id) and r.yuan is not null
        group by m.person_id, r.from_on, r.yuan
    ),
    -- Of a day on which two rates would hold, the higher has it.
    own as (
        select
            h.person_id, h.yuan,
            h.days - coalesce(
                range_agg(h.days) over (
                    partition by h.person_id, h.from_on order by h.yuan desc
                    rows between unbounded preceding and 1 preceding
                ),
                '{}'
            ) as days
        from share as h
    ),
    by_rate as (
        select o.person_id, o.yuan, sum(upper(d) - lower(d))::int as days
        from own as o
        cross join lateral unnest(o.days) as d
        group by o.person_id, o.yuan
    )
    select
        b.person_id, sum(b.days)::int, array_agg(b.yuan order by b.yuan), array_agg(b.days order by b.yuan),
        div(sum(b.yuan * b.days), last_on - first_on + 1)::bigint
    from by_rate as b
    group by b.person_id;
end
$$;

-- What each person got of it in the year.
create function lv.activity_paid(of_year int, of_person uuid default null)
returns table (person_id uuid, yuan bigint) language sql stable as $$
    select f.person_id, sum(f.amount_yuan)::bigint
    from data.fund as f
    where
        f.town_id = lv.town_id() and f.kind = 'deputy_activity' and f.void_reason is null
        and f.person_id = coalesce(of_person, f.person_id)
        and f.spent_on between make_date(of_year, 1, 1) and make_date(of_year, 12, 31)
    group by f.person_id
$$;

-- Is the person among those whose money the caller sees? Leaders: who stood in their group in the year.
create function lv.money_of_person_seen(who data.caller, person uuid, from_on date, to_on date) returns boolean
language plpgsql stable as $$
begin
    return coalesce(
        case (who).role
            when 'deputy' then person = (who).person_id
            when 'leader' then exists (
                select
                from data.mandate as m
                where
                    m.town_id = lv.town_id() and m.person_id = person and m.group_id = (who).group_id
                    and m.void_reason is null and m.starts_on <= to_on and coalesce(from_on < m.ends_on, true)
            )
            else (who).role in ('office', 'chair', 'auditor')
        end,
        false
    );
end
$$;

-- Of a year, beside what was paid: also who was paid and is entitled to nothing.
create function lv.entitlements_seen(who data.caller, of_year int) returns table (
    person_code text, person_name text, days int, rates_yuan bigint[], rates_days int[], yuan bigint, paid_yuan bigint,
    left_yuan bigint
) language sql stable as $$
    select
        p.code, p.name, coalesce(e.days, 0), coalesce(e.rates_yuan, '{}'), coalesce(e.rates_days, '{}'),
        coalesce(e.yuan, 0), coalesce(f.yuan, 0), coalesce(e.yuan, 0) - coalesce(f.yuan, 0)
    from lv.entitlements(of_year, case (who).role when 'deputy' then (who).person_id end) as e
    full join lv.activity_paid(of_year, case (who).role when 'deputy' then (who).person_id end) as f
        on f.person_id = e.person_id
    join data.person as p on p.town_id = lv.town_id() and p.person_id = coalesce(e.person_id, f.person_id)
    where lv.money_of_person_seen(who, p.person_id, make_date(of_year, 1, 1), make_date(of_year, 12, 31))
$$;

-- Spending.

create function lv.fund_state(f data.fund) returns text language sql immutable as $$
    select case
        when f.fund_id is null then 'new'
        when f.void_reason is not null then 'void'
        when f.recorded_by is null or f.confirmed_on is not null then 'confirmed'
        else 'recorded'
    end
$$;

create function lv.demand_other_than_self(who data.caller, person uuid) returns void language plpgsql stable as $$
begin
    perform lv.demand(not lv.is_of_case(who, person), 'forbidden', 'money_for_self');
end
$$;

-- Others of the same kind, day and amount to the same person or group.
create function lv.same_funds(f data.fund) returns text[] language sql stable as $$
    select coalesce(array_agg(o.code order by o.code), '{}')
    from data.fund as o
    where
        (o.town_id, o.spent_on, o.kind, o.amount_yuan) = (f.town_id, f.spent_on, f.kind, f.amount_yuan)
        and o.person_id is not distinct from f.person_id and o.group_id is not distinct from f.group_id
        and (o.person_id is not null or o.group_id is not null)
        and o.fund_id <> f.fund_id and o.void_reason is null
$$;

-- What an entry must say of itself; gives its amount, which is the rate's where it is paid by the day.
create function lv.fund_amount(f data.fund, asked bigint, today date) returns bigint language plpgsql stable as $$
declare
    day_yuan bigint;
    amount bigint := asked;
begin
    perform lv.demand_value(f.fund_id is not null, 'fund_id');
    perform lv.demand_value(f.kind is not null, 'fund_kind');
    perform lv.demand(f.spent_on <= today, 'invalid', 'day_in_future', 'day', f.spent_on::text);
    perform lv.demand_term_open(f.spent_on);
    perform lv.demand(
        f.person_id is null or exists (
            select from data.person as p where (p.town_id, p.person_id) = (f.town_id, f.person_id)
        ),
        'not_found', 'person_unknown', 'person', f.person_id::text
    );
    perform lv.demand(
        f.group_id is null or exists (
            select from data.deputy_group as g where (g.town_id, g.group_id) = (f.town_id, f.group_id)
        ),
        'not_found', 'group_unknown', 'group', f.group_id::text
    );
    perform lv.demand_value(
        f.kind <> 'deputy_activity' or f.person_id is not null or f.group_id is not null, 'person_id'
    );
    if f.allowance_days is not null then
        perform lv.demand(
            f.kind = 'other' and f.person_id is not null and f.allowance_days between 1 and 366, 'invalid',
            'allowance_of_whom', 'days', f.allowance_days::text
        );
        day_yuan := (
            select max(lv.rate('allowance_day', m.level, f.spent_on))
            from lv.mandates_in_force(f.person_id, f.spent_on) as m
        );
        perform lv.demand(day_yuan is not null, 'conflict', 'allowance_unset', 'day', f.spent_on::text);
        amount := day_yuan * f.allowance_days;
        perform lv.demand(
            coalesce(asked = amount, true), 'invalid', 'allowance_differs', 'days', f.allowance_days::text,
            'yuan', day_yuan::text, 'amount', amount::text
        );
    end if;
    perform lv.demand_sum(amount, 1);
    return amount;
end
$$;

create function lv.record_fund(
    who data.caller, op data.op, id uuid, on_day date, new_kind text, person uuid, in_group uuid, amount bigint,
    days int, signed date, new_note text, why_over text
) returns table (code text, state text, amount_yuan bigint, paid_twice boolean, same_codes text[])
language plpgsql volatile as $$
declare
    today date := lv.today();
    year int;
    f data.fund;
    person_code text;
    entitled bigint;
    paid bigint;
    is_over boolean;
begin
    perform lv.demand_step(who, 'fund', 'record', 'new', '');
    f.town_id := (who).town_id;
    f.fund_id := id;
    f.spent_on := coalesce(on_day, today);
    f.kind := new_kind;
    f.person_id := person;
    f.group_id := in_group;
    f.allowance_days := days;
    f.amount_yuan := lv.fund_amount(f, amount, today);
    f.note := nullif(trim(new_note), '');
    f.over_note := nullif(trim(why_over), '');
    f.signed_on := signed;
    f.recorded_by := (who).account_id;
    perform lv.demand_other_than_self(who, person);
    perform lv.demand(
        coalesce(signed between f.spent_on and today, true), 'invalid', 'signed_when', 'day', signed::text
    );
    f.code := lv.next_code('fund'); -- and the others wait for what is left
    is_over := lv.demand_budget(who, f.spent_on, f.kind, f.amount_yuan, f.over_note);
    if f.kind = 'deputy_activity' and person is not null then
        year := extract(year from f.spent_on);
        person_code := (select p.code from data.person as p where (p.town_id, p.person_id) = (f.town_id, person));
        entitled := coalesce((select e.yuan from lv.entitlements(year, person) as e), 0);
        paid := coalesce((select a.yuan from lv.activity_paid(year, person) as a), 0);
        is_over := is_over or paid + f.amount_yuan > entitled;
        perform lv.demand(
            paid + f.amount_yuan <= entitled or (who).role = 'chair' and f.over_note is not null, 'conflict',
            'over_entitlement', 'person', person_code, 'year', year::text, 'entitled', entitled::text,
            'paid', paid::text, 'amount', f.amount_yuan::text, 'left', greatest(entitled - paid, 0)::text
        );
    end if;
    if not is_over then
        f.over_note := null;
    end if;
    insert into data.fund (
        town_id, fund_id, code, spent_on, kind, person_id, group_id, amount_yuan, note, allowance_days, over_note,
        signed_on, recorded_by
    )
    values (
        f.town_id, id, f.code, f.spent_on, f.kind, person, in_group, f.amount_yuan, f.note, days, f.over_note,
        signed, f.recorded_by
    );
    perform lv.add_step(
        who, op, 'fund', id, 'record', 'new', 'recorded', coalesce(f.over_note, f.note),
        jsonb_build_object('kind', f.kind, 'amount_yuan', f.amount_yuan, 'over', nullif(is_over, false))
    );
    code := f.code;
    state := 'recorded';
    amount_yuan := f.amount_yuan;
    same_codes := lv.same_funds(f);
    paid_twice := same_codes <> '{}';
    return next;
end
$$;

-- Signed for, confirmed by a second person, or void.
create function lv.move_fund(
    who data.caller, op data.op, id uuid, do_action text, new_note text, on_day date
) returns table (state text) language plpgsql volatile as $$
declare
    today date := lv.today();
    day date := coalesce(on_day, today);
    f data.fund;
    before text;
begin
    select d.* into f from data.fund as d where (d.town_id, d.fund_id) = ((who).town_id, id) for no key update;
    perform lv.demand(f.fund_id is not null, 'not_found', 'fund_unknown', 'fund', coalesce(id::text, ''));
    before := lv.fund_state(f);
    perform lv.demand_step(who, 'fund', do_action, before, f.code);
    perform lv.demand_other_than_self(who, f.person_id);
    new_note := nullif(trim(new_note), '');
    case do_action
        when 'sign' then
            perform lv.demand(
                day between f.spent_on and today, 'invalid', 'signed_when', 'day', day::text
            );
            perform lv.demand_value(f.signed_on is null or new_note is not null, 'note');
            update data.fund as d set signed_on = day where (d.town_id, d.fund_id) = (f.town_id, id);
        when 'confirm' then
            perform lv.demand(
                not lv.is_same_actor(who, f.recorded_by), 'forbidden', 'confirm_own_record', 'code', f.code
            );
            -- A large sum, and what went beyond a limit: with the chair, as one of the two.
            perform lv.demand(
                (who).role = 'chair' or f.amount_yuan < lv.setting('fund_chair_yuan', f.spent_on)
                or exists (
                    select from data.account as a
                    where (a.town_id, a.account_id, a.role) = (f.town_id, f.recorded_by, 'chair')
                ),
                'forbidden', 'fund_for_chair', 'code', f.code, 'amount', f.amount_yuan::text
            );
            perform lv.demand(
                f.person_id is null or f.signed_on is not null, 'conflict', 'not_signed_for', 'code', f.code
            );
            update data.fund as d
            set (confirmed_by, confirmed_on) = ((who).account_id, today)
            where (d.town_id, d.fund_id) = (f.town_id, id);
        else -- void
            perform lv.demand_value(new_note is not null, 'note');
            update data.fund as d set void_reason = new_note where (d.town_id, d.fund_id) = (f.town_id, id);
    end case;
    select lv.fund_state(d) into state from data.fund as d where (d.town_id, d.fund_id) = (f.town_id, id);
    perform lv.add_step(
        who, op, 'fund', id, do_action, before, state, new_note,
        case
            when do_action = 'sign' then jsonb_build_object('signed_on', day, 'signed_on_before', f.signed_on)
            else '{}'
        end
    );
    return next;
end
$$;

-- What is seen.

create function lv.funds_seen(who data.caller) returns setof data.fund language sql stable as $$
    select f.*
    from data.fund as f
    where
        f.town_id = lv.town_id()
        and case
            when (who).role in ('office', 'chair', 'auditor') then true
            when (who).role = 'leader' then
                f.group_id is not distinct from (who).group_id
                or lv.stands_in_group(f.person_id, (who).group_id, f.spent_on)
            else f.person_id = (who).person_id
        end
$$;

-- The entry of this id, or of this code, or a refusal.
create function lv.fund_found(who data.caller, id uuid, fund_code text) returns uuid language plpgsql stable as $$
declare
    found uuid := (
        select f.fund_id
        from data.fund as f
        where f.town_id = lv.town_id() and case when id is null then f.code = fund_code else f.fund_id = id end
    );
begin
    perform lv.demand(found is not null, 'not_found', 'fund_unknown', 'fund', coalesce(id::text, fund_code));
    perform lv.demand(
        exists (select from lv.funds_seen(who) as f where f.fund_id = found), 'forbidden', 'not_yours',
        'subject', 'fund', 'code', coalesce(fund_code, id::text), 'role', (who).role
    );
    return found;
end
$$;

-- As ListFunds and GetFund show it: the fields of lvzhi.v1.Fund but `actions`.
create function lv.fund_shown(f data.fund) returns table (
    fund_id uuid, code text, spent_on date, kind text, person_code text, person_name text, group_code text,
    amount_yuan bigint, allowance_days int, note text, over_note text, state text, signed_on date, recorded_by text,
    confirmed_by text, confirmed_on date, void_reason text
) language sql stable as $$
    select
        f.fund_id, f.code, f.spent_on, f.kind, p.code, p.name, g.code, f.amount_yuan, f.allowance_days, f.note,
        f.over_note, lv.fund_state(f), f.signed_on, a.login, c.login, f.confirmed_on, f.void_reason
    from (select) as one
    left join data.person as p on (p.town_id, p.person_id) = (f.town_id, f.person_id)
    left join data.deputy_group as g on (g.town_id, g.group_id) = (f.town_id, f.group_id)
    left join data.account as a on (a.town_id, a.account_id) = (f.town_id, f.recorded_by)
    left join data.account as c on (c.town_id, c.account_id) = (f.town_id, f.confirmed_by)
$$;
