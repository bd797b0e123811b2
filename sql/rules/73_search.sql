-- Search: names, titles and texts by an index of pairs of characters (data.search_terms). lv.search runs as the owner,
-- past row-level security, under which no plan may use that index: each of its queries names the town itself. What it
-- calls runs as its caller.

-- What is searched: how a row is named, what else it says, and its day. The terms are those of the indexes.
create view lv.search_source with (security_invoker = true) as
select s.place, s.subject, s.source, s.id, s.name, s.body, s.title, s.day, s.state
from (
    values
    (
        1, 'person', 'data.person', 'r.person_id', $$r.name || '/' || r.code || '/' || data.surname(r.name)$$, $$''$$,
        'r.name', 'null::date', 'null::text'
    ),
    (
        3, 'meeting', 'data.meeting', 'r.meeting_id', $$r.title || '/' || r.code$$,
        $$coalesce(r.place, '') || '/' || coalesce(r.minutes, '')$$, 'r.title', 'r.held_on', 'r.state'
    ),
    (
        4, 'feedback', 'data.feedback', 'r.feedback_id', $$r.topic || '/' || r.code$$, 'r.text', 'r.topic',
        'r.received_on', 'r.state'
    ),
    (
        5, 'suggestion', 'data.suggestion', 'r.suggestion_id', $$r.title || '/' || r.code$$, $$coalesce(r.text, '')$$,
        'r.title', 'r.submitted_on', 'r.state'
    )
) as s (place, subject, source, id, name, body, title, day, state);

-- Which rows `r` of a subject the caller may find, as a condition; null: none. It says what meetings_seen(),
-- feedback_seen() and suggestions_seen() say, in the words that the index understands.
create function lv.search_scope(who data.caller, of_subject text) returns text language sql stable as $$
    select case
        when (who).role = 'unit' then
            case of_subject
                when 'feedback' then format(
                    '(r.unit_id = %1$L or %1$L = any (r.co_unit_ids))'
                    ' and r.state not in (''draft'', ''registered'', ''screening'', ''need_info'')',
                    (who).unit_id
                )
                when 'suggestion' then format('(r.unit_id = %1$L or %1$L = any (r.co_unit_ids))', (who).unit_id)
            end
        when of_subject = 'suggestion' then
            'r.submitted_on is not null and r.state not in (''draft'', ''cosigning'')' || case
                when (who).role = 'deputy'
                    then format(' or r.lead_id = %1$L or lv.is_invited(r.*, %1$L)', (who).person_id)
                else ''
            end
        when of_subject = 'person' or (who).role in ('office', 'chair', 'auditor') then 'true'
        when (who).role in ('clerk', 'leader') then
            case of_subject
                when 'meeting' then format('(r.group_id = %L or r.group_id is null)', (who).group_id)
                when 'feedback' then format('r.group_id = %L', (who).group_id)
            end
        when (who).role = 'deputy' then
            case of_subject
                when 'meeting' then format(
                    'r.meeting_id in (select l.meeting_id from data.roll_line as l'
                    ' where (l.town_id, l.person_id) = (r.town_id, %L))',
                    (who).person_id
                )
                when 'feedback' then format('r.deputy_id = %L', (who).person_id)
            end
    end
$$;

-- The condition that finds the candidates for all words; letters alone may also be a name's initials. The terms stand
-- in subqueries, which hides them from the planner: a word in every row would seem to make the index useless, and
-- then each row's terms are computed anew.
create function lv.search_condition(terms text, words text[]) returns text language sql stable as $$
    select string_agg(
        case
            when w.word ~ '^[a-z]+$' then format(
                '(%1$s @> (select %2$L::text[]) or %1$s @> (select %3$L::text[]))',
                terms, p.pairs, (select array_agg('~' || pair) from unnest(p.pairs) as pair)
            )
            else format('%s @> (select %L::text[])', terms, p.pairs)
        end,
        ' and '
    )
    from unnest(words) as w (word)
    cross join lateral (
        select array_agg(distinct substr(w.word, i, 2)) as pairs from generate_series(1, length(w.word) - 1) as i
    ) as p
$$;

-- Does it hold every word? The words are in lower case.
create function lv.search_holds(name text, body text, words text[]) returns boolean language plpgsql stable as $$
declare
    flat_name text := regexp_replace(lower(name), '\s', '', 'g');
    flat_body text := regexp_replace(lower(body), '\s', '', 'g');
    word text;
begin
    foreach word in array words loop
        continue when strpos(flat_name, word) > 0 or strpos(flat_body, word) > 0;
        continue when word ~ '^[a-z]+$' and strpos(data.initials(flat_name), word) > 0;
        return false;
    end loop;
    return true;
end
$$;

-- Thirty characters of a text around the first word of the query that it holds; its beginning, if it holds none.
create function lv.search_excerpt(body text, words text[]) returns text language sql stable as $$
    select nullif(substr(b.flat, greatest(coalesce(min(nullif(strpos(lower(b.flat), w.word), 0)), 1) - 10, 1), 30), '')
    from (select btrim(regexp_replace(body, '\s+', ' ', 'g')) as flat) as b
    cross join unnest(words) as w (word)
    group by b.flat
$$;

-- The newest hits of a subject among the rows of a condition. At most 2,000 candidates are looked at.
create function lv.search_statement(
    source lv.search_source, town int, words text[], condition text, at_most int
) returns text language sql stable as $$
    select format(
        'select s.record_id, s.code, s.title, lv.search_excerpt(s.body, %1$L), s.day_on, s.state'
        ' from ('
        'select c.* from ('
        'select %2$s as record_id, r.code, %3$s as title, %4$s as name, %5$s as body, %6$s as day_on, %7$s as state'
        ' from %8$s as r where r.town_id = %9$s and %10$s and %11$s limit 2000'
        ') as c order by c.day_on desc, c.code offset 0'
        ') as s where lv.search_holds(s.name, s.body, %1$L) limit %12$s',
        words, source.id, source.title, source.name, source.body, source.day, source.state, source.source, town,
        lv.search_condition(format('data.search_terms(%s, %s)', source.name, source.body), words), condition, at_most
    )
$$;

-- A subject's newest hits in the caller's scope. The newest 1,000 rows are searched first, then those of sixteen times
-- their span of days, then the rest: so a common word has few candidates where it is looked for, its newest among them.
create function lv.search_subject(source lv.search_source, scope text, words text[], at_most int)
returns table (record_id uuid, code text, title text, excerpt text, day_on date, state text)
language plpgsql stable as $$
declare
    town int := lv.town_id();
    condition text := scope;
    bounds date[];
    since date;
    left_over int := at_most;
    found_rows int;
begin
    if source.day like 'r.%' then
        execute format(
            'select array[min(n.day), max(n.day) - 16 * (max(n.day) - min(n.day) + 1)] from ('
            'select %1$s as day from %2$s as r where r.town_id = %3$s and %1$s is not null'
            ' order by %1$s desc limit 1000) as n having count(*) = 1000',
            source.day, source.source, town
        )
        into bounds;
    end if;
    foreach since in array coalesce(bounds, '{}') || null::date loop
        return query
        execute lv.search_statement(
            source, town, words,
            concat_ws(' and ', condition, case when since is not null then format('%s >= %L', source.day, since) end),
            left_over
        );
        get diagnostics found_rows = row_count;
        left_over := left_over - found_rows;
        exit when left_over <= 0;
        condition := scope || format(' and (%s >= %L) is not true', source.day, since);
    end loop;
end
$$;

create function lv.search(who data.caller, query text, of_subject text, asked int)
returns table (
    subject text, record_id uuid, code text, title text, excerpt text, day_on date, state text
)
language plpgsql stable security definer set search_path = lv, data, pg_temp
set enable_seqscan = off set max_parallel_workers_per_gather = 0 set jit = off as $$
#variable_conflict use_column
declare
    words text[] := regexp_split_to_array(btrim(regexp_replace(lower(query), '\s+', ' ', 'g')), ' ');
    at_most int := least(greatest(coalesce(asked, 20), 1), 100);
    source lv.search_source;
    scope text;
begin
    perform lv.demand(coalesce(query, '') <> '', 'invalid', 'value_missing', 'column', 'query');
    perform lv.demand(length(query) <= 100, 'invalid', 'search_too_long', 'length', length(query)::text);
    perform lv.demand(length(w.word) > 1, 'invalid', 'search_too_short', 'word', w.word)
    from unnest(words) as w (word);
    perform lv.demand(
        coalesce(of_subject in ('person', 'group', 'meeting', 'feedback', 'suggestion'), true),
        'invalid', 'subject_unknown', 'subject', of_subject
    );
    for source in select s.* from lv.search_source as s order by s.place loop
        -- Groups are few: no index; they come second.
        if source.place = 3 and coalesce(of_subject = 'group', true) then
            return query
            select 'group', g.group_id, g.code, g.name, v.name, null::date, null::text
            from data.deputy_group as g
            join data.village as v on v.town_id = g.town_id and v.village_id = g.village_id
            where g.town_id = lv.town_id() and lv.search_holds(concat_ws('/', g.name, g.code, v.name), '', words)
            order by g.code
            limit at_most;
        end if;
        scope := '(' || lv.search_scope(who, source.subject) || ')';
        continue when scope is null or source.subject <> of_subject;
        return query select source.subject, s.* from lv.search_subject(source, scope, words, at_most) as s;
    end loop;
end
$$;
