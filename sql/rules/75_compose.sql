-- The presidium's work report (镇人大主席团工作报告): paragraphs whose numbers are bound to the figures of 74_figures.sql,
-- so that none is typed. domain.md D2.7.

-- The paragraphs that hold until a town has its own. {figure} is the number, {figure:余} it rounded down to tens,
-- {figure:万} to ten thousands, {figure:名称} the titles behind it. A sentence whose figures are all zero is left out, and
-- so is a part in [brackets].
create view lv.default_report_paragraph with (security_invoker = true) as
select p.position, p.name, p.text
from (
    values
    (10, 'title', '{town}人大主席团{year}年工作报告'),
    (
        20, 'opening',
        '{year}年，{town}人大主席团坚持代表主体地位，把做好代表工作作为做好人大工作的前提和保证，拓展代表工作形式，丰富代表活动内容，'
        '注重代表工作实效，促进了代表作用的充分发挥。'
    ),
    (100, 'conditions', '一、重建设，为代表提供履职条件'),
    (
        110, 'groups',
        '全镇共有{groups}个代表小组[，{city_mandates}名市人大代表][，{county_mandates}名县人大代表]'
        '[，{town_mandates}名镇人大代表]，{year}年在任代表共{people}人（同时担任几级代表的按一人计）。'
    ),
    (120, 'training', '抓教育培训，全年组织代表培训{trainings}次，使代表进一步明确职责、权利和义务，增强责任感和主人翁意识。'),
    (
        130, 'rooms',
        '抓阵地建设，[投入{office_premises_yuan:万}元用于主席团办公室；][投入{room_premises_yuan:万}元用于代表小组活动室；]'
        '切实改善了代表执行职务的条件。'
    ),
    (140, 'money', '抓经费保障，全年支出代表活动经费{deputy_activity_yuan:万}元，激励了代表履行职务的热情。'),
    (200, 'activities', '二、善活动，使代表依法履职'),
    (
        210, 'meetings',
        '全年召开会议、开展活动{meetings_held}次。代表按时到会{attendance.present}人次[，迟到{attendance.late}人次]'
        '[，早退{attendance.left_early}人次][，请假{attendance.excused}人次][，无故缺席{attendance.unexcused}人次]。'
    ),
    (
        220, 'inspections',
        '组织代表开展视察{inspections}次（{inspections:名称}）[，视察提出的{suggestions_from_inspections}条建议，'
        '镇人民政府接受代表的监督，有力推进了政府工作的全面开展]。'
    ),
    (
        230, 'law_checks',
        '开展执法检查{law_checks}次（{law_checks:名称}）[，执法检查中提出的{suggestions_from_law_checks}条建议，'
        '促使依法行政、依法办事意识有所增强]。'
    ),
    (
        240, 'research',
        '开展专题调研{research}次（{research:名称}）[，代表提出{suggestions_from_research}条意见建议，'
        '为党委政府决策提供了较为详实的依据]。'
    ),
    (250, 'deliberations', '审议工作报告{deliberations}次（{deliberations:名称}），推动了政府工作质量的提高。'),
    (
        260, 'duty_reports',
        '开展述职测评[，对{duty_reports_group_heads}名村民小组长][，对{duty_reports_village_heads}名村（居）委会正副主任]'
        '[，对{duty_reports_deputies}名人大代表]进行了测评，有效促进了工作作风的改进。'
    ),
    (270, 'work_reviews', '开展工作评议{work_reviews}次（{work_reviews:名称}），促进有关单位改进了工作。'),
    (300, 'excellence', '三、抓创优，充分发挥代表作用'),
    (
        310, 'results',
        '全镇各级代表提出建议{suggestions:余}条。代表反映选民意见{feedback.total:余}件[，其中已办结{feedback.closed:余}件]。'
        '为群众办实事、好事{deeds_verified:余}件。联系帮带户{households}户{household_members}人。'
    ),
    (
        320, 'awards',
        '表彰先进，鞭策后进，[表彰先进人大代表小组{awards_groups}个；][表彰优秀人大代表{awards_deputies}名；]'
        '发放奖金{award_yuan}元。'
    )
) as p (position, name, text);

-- The paragraphs as they hold on a day: of one name the town's own, of that the latest. One without text is left out.
create function lv.report_paragraphs(day date)
returns table ("position" int, name text, text text, holds_from date) language sql stable as $$
    select v.*
    from (
        select distinct on (p.name) p.position, p.name, p.text, p.holds_from
        from (
            select d.position, d.name, d.text, null::date as holds_from, 0 as revision
            from lv.default_report_paragraph as d
            union all
            select t.position, t.name, t.text, t.holds_from, t.revision
            from data.report_paragraph as t
            where t.town_id = lv.town_id() and t.holds_from <= day
        ) as p
        order by p.name, p.holds_from desc nulls last, p.revision desc
    ) as v
    order by v.position, v.name collate "C"
$$;

-- A number as a form writes it: 63 余 60余, 60 余 60; 31200 万 3万余. What is too small for its form stays as it is.
create function lv.figure_shown(value bigint, form text) returns text language sql immutable as $$
    select case
        when form = '余' and value >= 10 then value / 10 * 10 || case when value % 10 > 0 then '余' else '' end
        when form = '万' and value >= 10000 then value / 10000 || case when value % 10000 > 0 then '万余' else '万' end
        else value::text
    end
$$;

-- A template in its tokens: what is bound, brackets, sentence ends, plain text.
create function lv.template_tokens(template text) returns table (place bigint, token text)
language sql immutable as $$
    select t.place, t.found[1]
    from regexp_matches(template, '(\{[^{}]*\}|[][{}。]|[^][{}。]+)', 'g') with ordinality as t (found, place)
$$;

-- Refuses a text that the composer could not read.
create function lv.demand_template(template text) returns void language plpgsql stable as $$
declare
    t record;
    inside boolean := false;
    bound text;
    form text;
begin
    for t in select * from lv.template_tokens(template) order by place loop
        if t.token in ('[', ']') then
            perform lv.demand(inside = (t.token = ']'), 'invalid', 'template_brackets');
            inside := not inside;
        elsif t.token in ('{', '}') then
            perform lv.refuse('invalid', 'template_braces');
        elsif left(t.token, 1) = '{' and t.token not in ('{year}', '{town}') then
            bound := split_part(trim(t.token, '{}'), ':', 1);
            form := substr(trim(t.token, '{}'), length(bound) + 2);
            perform lv.demand(form in ('', '余', '万', '名称'), 'invalid', 'template_form', 'form', form);
            perform lv.figure_named(bound);
            perform lv.demand(bound not in ('attendance', 'feedback'), 'not_found', 'figure_unknown', 'figure', bound);
        end if;
    end loop;
    perform lv.demand(not inside, 'invalid', 'template_brackets');
end
$$;

-- One paragraph: its text, null where nothing of it is left, and what its numbers are bound to. To it a sentence and a
-- part in brackets are the same thing: kept unless all that is bound in it is zero.
create function lv.compose_paragraph(
    template text, town text, year int, figures jsonb, titles jsonb, out text text, out bindings jsonb
) language plpgsql immutable as $$
declare
    t record;
    bound text;
    form text;
    value bigint;
    shown text;
    -- [1]: the sentence, [2]: the part in brackets
    words text[] := array['', ''];
    total bigint[] := array[null, null];
    bound_here jsonb[] := array['[]'::jsonb, '[]'];
    level int := 1;
begin
    text := '';
    bindings := '[]';
    for t in
        select * from lv.template_tokens(template)
        union all
        select 9223372036854775807, '' -- the last sentence may have no stop
        order by place
    loop
        if t.token = '[' then
            level := 2;
        elsif t.token = ']' then
            if total[2] is distinct from 0 then
                words[1] := words[1] || words[2];
                bound_here[1] := bound_here[1] || bound_here[2];
            end if;
            if total[2] is not null then
                total[1] := coalesce(total[1], 0) + total[2];
            end if;
            words[2] := '';
            bound_here[2] := '[]';
            total[2] := null;
            level := 1;
        elsif t.token in ('。', '') then
            if level = 2 then
                words[2] := words[2] || t.token;
                continue;
            end if;
            if total[1] is distinct from 0 then
                text := text || regexp_replace(words[1] || t.token, '[；，、]+。$', '。');
                bindings := bindings || bound_here[1];
            end if;
            words[1] := '';
            bound_here[1] := '[]';
            total[1] := null;
        elsif t.token = '{year}' then
            words[level] := words[level] || year;
        elsif t.token = '{town}' then
            words[level] := words[level] || town;
        elsif left(t.token, 1) = '{' then
            bound := split_part(trim(t.token, '{}'), ':', 1);
            form := nullif(substr(trim(t.token, '{}'), length(bound) + 2), '');
            value := coalesce((figures ->> bound)::bigint, 0);
            shown := case form when '名称' then coalesce(titles ->> bound, '') else lv.figure_shown(value, form) end;
            words[level] := words[level] || shown;
            total[level] := coalesce(total[level], 0) + value;
            bound_here[level] := bound_here[level]
                || jsonb_build_object('figure', bound, 'form', form, 'shown', shown, 'value', value);
        else
            words[level] := words[level] || t.token;
        end if;
    end loop;
    text := nullif(text, '');
end
$$;

-- The figures of a period as an object, for those who name them.
create function lv.figure_values(from_on date, to_on date) returns jsonb language sql stable as $$
    select jsonb_object_agg(f.figure, f.value)
    from lv.figures(from_on, to_on) as f
    where f.value is not null
$$;

-- What the form 名称 writes: the titles behind a figure, or whose they are; the first five of them.
create function lv.figure_titles(of_figures text[], from_on date, to_on date) returns jsonb
language plpgsql stable as $$
begin
    return (
        select jsonb_object_agg(t.figure, t.titles || case when t.count > 5 then '等' else '' end)
        from (
            select
                r.figure, string_agg(r.title, '、' order by r.place) filter (where r.place <= 5) as titles,
                max(r.place) as count
            from (
                select
                    f.figure,
                    case when l.title is null or l.figure like 'awards\_%' then l.name else l.title end as title,
                    row_number() over (partition by f.figure order by l.day_on nulls first, l.code collate "C") as place
                from unnest(of_figures) as f (figure)
                cross join lateral lv.figure_named(f.figure) as n
                join lv.figure_rows(from_on, to_on) as l
                    on l.figure = n.head and (n.part is null or l.part = n.part)
            ) as r
            group by r.figure
        ) as t
    );
end
$$;

-- The work report of a year, paragraph by paragraph, in the words that hold today.
create function lv.compose(of_year int)
returns table ("position" int, name text, text text, own boolean, template text, bindings jsonb)
language plpgsql stable as $$
#variable_conflict use_column
declare
    from_on date;
    to_on date;
    figures jsonb;
    titles jsonb;
    town text := (select t.name from data.town as t where t.town_id = lv.town_id());
begin
    perform lv.demand_value(of_year is not null, 'year');
    perform lv.demand(of_year between 1900 and 9998, 'invalid', 'bad_year', 'year', of_year::text);
    from_on := make_date(of_year, 1, 1);
    to_on := make_date(of_year, 12, 31);
    figures := lv.figure_values(from_on, to_on);
    titles := lv.figure_titles(
        array(
            select distinct split_part(trim(t.token, '{}'), ':', 1)
            from lv.report_paragraphs(lv.today()) as p
            cross join lateral lv.template_tokens(p.text) as t
            where t.token like '{%:名称}'
        ),
        from_on, to_on
    );
    return query
    select p.position, p.name, c.text, p.holds_from is not null, p.text, c.bindings
    from lv.report_paragraphs(lv.today()) as p
    cross join lateral lv.compose_paragraph(p.text, town, of_year, figures, titles) as c
    where c.text is not null
    order by p.position, p.name collate "C";
end
$$;

-- Every number of it, in the order of the text.
create function lv.report_bindings(of_year int)
returns table (paragraph text, figure text, form text, shown text, value bigint) language sql stable as $$
    select c.name, b.bound ->> 'figure', b.bound ->> 'form', b.bound ->> 'shown', (b.bound ->> 'value')::bigint
    from lv.compose(of_year) as c
    cross join lateral jsonb_array_elements(c.bindings) with ordinality as b (bound, place)
    order by c.position, c.name collate "C", b.place
$$;

-- Figures whose lists share records, so that they must not be added up: `part`'s lie within `whole`'s.
create view lv.figure_overlap with (security_invoker = true) as
select o.part, o.whole
from (
    values
    ('suggestions_from_inspections', 'suggestions'),
    ('suggestions_from_law_checks', 'suggestions'),
    ('suggestions_from_research', 'suggestions'),
    ('inspections', 'meetings_held'),
    ('law_checks', 'meetings_held'),
    ('research', 'meetings_held'),
    ('deliberations', 'meetings_held'),
    ('work_reviews', 'meetings_held'),
    ('trainings', 'meetings_held')
) as o (part, whole);

-- What a reader should look at again before the report is handed in.
create function lv.report_warnings(of_year int)
returns table (
    rule text, paragraph text, number text, figure text, parts text, value bigint, total bigint
) language plpgsql stable as $$
#variable_conflict use_column
declare
    last_year jsonb := lv.figure_values(make_date(of_year - 1, 1, 1), make_date(of_year - 1, 12, 31));
begin
    return query
    with paragraph as materialized (
        select c.* from lv.compose(of_year) as c
    ),
    bound as materialized (
        select distinct b.bound ->> 'figure' as figure, (b.bound ->> 'value')::bigint as value
        from paragraph as p
        cross join lateral jsonb_array_elements(p.bindings) as b (bound)
    ),
    -- Numbers that a town has typed where a figure could be bound; years, days and terms of office are none.
    typed as (
        select p.position, p.name, translate(n.found[1], '０１２３４５６７８９', '0123456789') as number
        from paragraph as p
        cross join lateral lv.template_tokens(p.template) as t
        cross join lateral regexp_matches(
            t.token, '[0-9０-９]+(?:[.][0-9]+)?(?![0-9０-９.年月日届])', 'g'
        ) as n (found)
        where p.own and left(t.token, 1) <> '{'
    )
    select
        case when l.figure is null then 'report_typed_number' else 'report_typed_last_year' end, t.name, t.number,
        l.figure, null::text, null::bigint, null::bigint
    from typed as t
    left join lateral (
        select f.figure
        from lv.figure as f
        where last_year ->> f.figure = t.number
        order by f.position
        limit 1
    ) as l on true
    union all
    -- Figures of what was done; how many groups or households there are may well be as it was.
    select
        'report_as_last_year', null, null, null, string_agg(b.figure, ' ' order by f.position), count(*), max(n.count)
    from bound as b
    join lv.figure as f on f.figure = b.figure
    cross join lateral (
        select count(*) as count
        from bound as o
        join lv.figure as g on g.figure = o.figure
        where o.value > 0 and g.section not in ('organisation', 'deeds')
    ) as n
    where
        b.value > 0 and f.section not in ('organisation', 'deeds')
        and (last_year ->> b.figure)::bigint = b.value
    having count(*) >= 3 and count(*) * 2 >= max(n.count)
    union all
    select
        'report_overlap', null, null, o.whole,
        string_agg(b.value::text, '+' order by f.position)
            || case when count(*) > 1 then '=' || sum(b.value) else '' end,
        w.value, null
    from lv.figure_overlap as o
    join bound as b on b.figure = o.part and b.value > 0
    join lv.figure as f on f.figure = o.part
    join bound as w on w.figure = o.whole
    group by o.whole, w.value;
end
$$;

-- A paragraph in a town's own words, or none, from a day on; what held before stays on record.
create function lv.set_report_paragraph(
    who data.caller, op data.op, of_name text, new_text text, from_day date, new_position int
) returns date language plpgsql volatile as $$
declare
    day date := coalesce(from_day, lv.today());
    present int := (select p.position from lv.report_paragraphs(day) as p where p.name = of_name);
begin
    perform lv.demand_value(of_name <> '', 'name');
    perform lv.demand(of_name ~ '^[a-z][a-z0-9_]{0,39}$', 'invalid', 'bad_paragraph_name', 'name', of_name);
    perform lv.demand(
        coalesce(new_position, present) between 1 and 9999, 'invalid', 'paragraph_needs_position', 'name', of_name
    );
    new_text := nullif(trim(new_text, e' \t\r\n'), '');
    perform lv.demand(coalesce(length(new_text), 0) <= 4000, 'invalid', 'template_too_long', 'most', '4000');
    perform lv.demand_template(new_text);
    insert into data.report_paragraph (
        town_id, name, holds_from, revision, position, text, op_id, author_id, recorded_at
    )
    select
        (who).town_id, of_name, day, coalesce(max(p.revision), 0) + 1, coalesce(new_position, present), new_text,
        (op).op_id, (who).account_id, lv.now()
    from data.report_paragraph as p
    where (p.town_id, p.name, p.holds_from) = ((who).town_id, of_name, day)
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'operation_repeated'); -- another wording of this day was quicker
    return day;
end
$$;

-- What a kept report must still come to.
create function lv.report_digest(text text, figures jsonb) returns bytea language sql immutable as $$
    select sha256(convert_to(text || e'\n' || figures::text, 'UTF8'))
$$;

-- Freezes a year's report as it is composed now. A later one of the same year stands beside it.
create function lv.keep_report(
    who data.caller, op data.op, of_year int, out code text, out digest bytea
) language plpgsql volatile as $$
declare
    composed text;
    figures jsonb;
    number int;
begin
    select string_agg(c.text, e'\n' order by c.position, c.name collate "C")
    into composed
    from lv.compose(of_year) as c;
    perform lv.demand(composed is not null, 'conflict', 'report_is_empty', 'year', of_year::text);
    figures := lv.figure_values(make_date(of_year, 1, 1), make_date(of_year, 12, 31));
    digest := lv.report_digest(composed, figures);
    number := (
        select coalesce(max(k.number), 0) + 1
        from data.kept_report as k
        where (k.town_id, k.year) = ((who).town_id, of_year)
    );
    insert into data.kept_report (
        town_id, year, number, text, figures, digest, op_id, author_id, device_id, recorded_at
    )
    values (
        (who).town_id, of_year, number, composed, figures, digest, (op).op_id, (who).account_id, (who).device_id,
        lv.now()
    )
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'operation_repeated'); -- somebody keeps the same report
    code := of_year || '-' || number;
end
$$;
