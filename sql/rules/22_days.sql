-- Working days (a table of holidays and 调休 over the week), months, and how overdue something is.

create function lv.is_working_day(on_day date) returns boolean language sql stable as $$
    select coalesce(
        (select c.working from data.calendar_day as c where c.day = on_day), extract(isodow from on_day) < 6
    )
$$;

-- The working day on which `count` working days after `from_on` have passed; a deadline ends at the end of that day.
create function lv.add_working_days(from_on date, count int) returns date language plpgsql stable as $$
declare
    day date := from_on;
    left_over int := count;
begin
    while left_over > 0 loop
        day := day + 1;
        left_over := left_over - lv.is_working_day(day)::int;
    end loop;
    return day;
end
$$;

-- The same day of a later month, or its last day when that is shorter (rules.md section 2).
create function lv.add_months(from_on date, months int) returns date language sql immutable as $$
    select (from_on + make_interval(months => months))::date
$$;

-- How near or far past its day something is: soon (7 days before), late (1-7 days: unit and office), very_late (8-30:
-- the chair), overdue (more: the presidium's agenda); null: none of it.
create function lv.lateness(due_on date, today date) returns text language sql immutable as $$
    select case
        when today > due_on + 30 then 'overdue'
        when today > due_on + 7 then 'very_late'
        when today > due_on then 'late'
        when today >= due_on - 7 then 'soon'
    end
$$;

-- The installation's calendar is its administrator's: those days are replaced, none is taken out.
create function lv.set_calendar(caller data.caller, days date[], working boolean[], names text[]) returns int
language plpgsql security definer set search_path = lv, data, pg_temp as $$
declare
    count int;
begin
    perform lv.demand_admin(caller);
    perform lv.demand_value(cardinality(days) > 0, 'days');
    perform lv.demand_value(d.day is not null, 'day_on'), lv.demand_value(d.working is not null, 'working'),
        lv.demand_value(d.name <> '', 'name')
    from unnest(days, working, names) as d (day, working, name);
    perform lv.demand(count(*) = 1, 'invalid', 'day_twice', 'day', d.day::text)
    from unnest(days) as d (day)
    group by d.day;
    insert into data.calendar_day as c (day, working, name)
    select d.day, d.working, d.name from unnest(days, working, names) as d (day, working, name)
    on conflict (day) do update set working = excluded.working, name = excluded.name;
    get diagnostics count = row_count;
    return count;
end
$$;
