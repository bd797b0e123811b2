-- Time, the current town, refusals, pages: what every other rule uses.

-- A test moves the clock with app.clock_offset (an interval); nobody else sets it.
create function lv.now() returns timestamptz language sql stable as $$
    select now() + coalesce(nullif(current_setting('app.clock_offset', true), ''), '0')::interval
$$;

create function lv.town_id() returns int language sql stable as $$
    select nullif(current_setting('app.town', true), '')::int
$$;

-- The calendar day where the town is.
create function lv.today() returns date language sql stable as $$
    select (lv.now() at time zone (select t.time_zone from data.town as t where t.town_id = lv.town_id()))::date
$$;

-- A rule says no: SQLSTATE LV0nn, where 0x80nn is the wire's error; MESSAGE is the rule id, DETAIL a name=value a
-- line.
-- Arguments come in pairs: lv.refuse('not_found', 'meeting_unknown', 'meeting', 'M0001').
create function lv.refuse(verdict text, rule text, variadic args text[] default '{}') returns boolean
language plpgsql volatile as $$
declare
    code text := case verdict
        when 'forbidden' then 'LV011'
        when 'invalid' then 'LV020'
        when 'conflict' then 'LV021'
        when 'not_found' then 'LV023'
    end;
    detail text := (
        select coalesce(string_agg(args[i] || '=' || translate(coalesce(args[i + 1], ''), e'\n\r', '  '), e'\n'), '')
        from generate_series(1, coalesce(array_length(args, 1), 0), 2) as i
    );
begin
    assert code is not null, 'verdict ' || verdict;
    raise exception using errcode = code, message = rule, detail = detail;
end
$$;

-- True, or a refusal. A null condition refuses.
create function lv.demand(condition boolean, verdict text, rule text, variadic args text[] default '{}') returns boolean
language plpgsql volatile as $$
begin
    if condition then
        return true;
    end if;
    return lv.refuse(verdict, rule, variadic args);
end
$$;

-- How many rows a page holds: what was asked for, 1 to 500.
create function lv.page(asked int) returns int language sql immutable as $$
    select least(greatest(coalesce(asked, 500), 1), 500)
$$;
