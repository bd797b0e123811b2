-- What the registers (六簿一册) hold: a row a record, computed. domain.md A3, D2.5.
--
-- A record's row is of the year and the group of its day. `ready`: the record is final and may be posted; `gone`: it
-- was final once and is void. Nothing here says who a villager is: no name, no witness, no head of a household.

-- What a register's columns are is settled: pages that are posted keep theirs. The title is the town's (六簿一册).
create view lv.register_book with (security_invoker = true) as
select b.book, b.position, b.title, b.kinds, b.columns
from (
    values
    (
        'meetings', 1, '会议记录簿', '{congress_session,presidium_meeting,group_meeting}'::text[],
        '{日期,编号,室内编号,小组,类别,名称,地点,应到,实到,请假和缺席,内容和决定,备注}'::text[]
    ),
    (
        'training', 2, '学习培训簿', '{training,study_visit}',
        '{日期,编号,室内编号,小组,类别,名称,地点,应到,实到,请假和缺席,内容和决定,备注}'
    ),
    (
        'activities', 3, '活动记录簿', '{inspection,law_check,research,deliberation,duty_report,work_review}',
        '{日期,编号,室内编号,小组,类别,名称,地点,对象,应到,实到,请假和缺席,内容和决定,备注}'
    ),
    (
        'voters', 4, '联系选民、民意登记簿', '{voter_reception}',
        '{日期,编号,室内编号,小组,代表,类别,主题,内容,承办单位,答复,评价,办结日,备注}'
    ),
    (
        'suggestions', 5, '建议办理簿', '{}',
        '{提出日,编号,小组,类别,标题,领衔代表,联名代表,承办单位,交办日,期限,答复日,办理结果,评价,办结日,备注}'
    ),
    ('deeds', 6, '好事实事与帮扶簿', '{}', '{日期,编号,小组,类别,代表,村（社区）,内容,价值（元）,备注}'),
    (
        'roster', 7, '代表花名册', '{}',
        '{任职编号,姓名,代表编号,性别,职业,层级,小组,选区,任职日,离任日,离任原因,备注}'
    )
) as b (book, position, title, kinds, columns);

-- The protocol's words as they stand on paper, and stay there; sql/words.csv has them for screens.
create view lv.register_word with (security_invoker = true) as
select w.kind, w.word, w.zh
from (
    values
    ('meeting_kind', 'congress_session', '人代会'), ('meeting_kind', 'presidium_meeting', '主席团会议'),
    ('meeting_kind', 'group_meeting', '小组会'), ('meeting_kind', 'inspection', '视察'),
    ('meeting_kind', 'law_check', '执法检查'), ('meeting_kind', 'research', '调研'),
    ('meeting_kind', 'deliberation', '审议'), ('meeting_kind', 'duty_report', '述职测评'),
    ('meeting_kind', 'work_review', '工作评议'), ('meeting_kind', 'training', '培训'),
    ('meeting_kind', 'voter_reception', '接待选民'), ('meeting_kind', 'study_visit', '参观学习'),
    ('rating', 'satisfied', '满意'), ('rating', 'mostly_satisfied', '基本满意'), ('rating', 'dissatisfied', '不满意'),
    ('rating', 'not_rated', '未评价'), ('reply_class', 'solved', 'A 已解决'), ('reply_class', 'planned', 'B 列入计划'),
    ('reply_class', 'explained', 'C 解释说明'), ('reply_class', 'higher_level', 'D 需上级解决'),
    ('suggestion_kind', 'suggestion', '建议'), ('suggestion_kind', 'bill', '议案'),
    ('level', 'city', '市'), ('level', 'county', '县'), ('level', 'town', '镇'),
    ('end_reason', 'moved_away', '迁出'), ('end_reason', 'resigned', '辞职'), ('end_reason', 'recalled', '罢免'),
    ('end_reason', 'died', '去世'), ('end_reason', 'other', '其他')
) as w (kind, word, zh);

create function lv.register_zh(of_kind text, of_word text) returns text language sql stable as $$
    select coalesce((select w.zh from lv.register_word as w where (w.kind, w.word) = (of_kind, of_word)), of_word, '')
$$;

create function lv.register_group_name(of_group uuid) returns text language sql stable as $$
    select coalesce(
        (select g.name from data.deputy_group as g where (g.town_id, g.group_id) = (lv.town_id(), of_group)), '全镇'
    )
$$;

create function lv.register_unit_names(units uuid[]) returns text language sql stable as $$
    select coalesce(string_agg(u.name, '、' order by i.place), '')
    from unnest(units) with ordinality as i (unit_id, place)
    join data.unit as u on (u.town_id, u.unit_id) = (lv.town_id(), i.unit_id)
$$;

-- The group a person acts in on a day: of the highest of their mandates' levels, as feedback_bearer() has it.
create function lv.register_group_of(person uuid, day date) returns uuid language sql stable as $$
    select m.group_id from lv.mandates_in_force(person, day) as m order by m.level desc, m.code limit 1
$$;

-- Who came to the locked meetings of these kinds, as names, and who did not: by what each line of the roll comes to
-- (30_three_no.sql), with the settings of the day held. Nobody is called absent who is excused or not liable.
create function lv.register_rolls(kinds text[], from_on date, to_on date)
returns table (meeting_id uuid, on_roll int, attended int, present text, missing text) language sql stable as $$
    with day as (
        select distinct m.held_on
        from data.meeting as m
        where
            m.town_id = lv.town_id() and m.kind = any (kinds) and m.state = 'locked'
            and m.held_on between from_on and to_on
    )
    select
        l.meeting_id, count(*)::int, count(*) filter (where l.came)::int,
        coalesce(string_agg(p.name, '、' order by p.code) filter (where l.came), ''),
        concat_ws(
            '；', '请假：' || string_agg(p.name, '、' order by p.code) filter (where l.status = 'excused'),
            '缺席：' || string_agg(p.name, '、' order by p.code) filter (where l.status = 'unexcused'),
            '不计：' || string_agg(p.name, '、' order by p.code) filter (where l.status = 'not_liable'),
            '未登记：' || string_agg(p.name, '、' order by p.code) filter (where l.status = 'unknown')
        )
    from day as d
    cross join lateral (
        select r.meeting_id, r.person_id, r.status, r.status in ('present', 'late', 'left_early') as came
        from lv.roll_lines(d.held_on, d.held_on) as r
    ) as l
    join data.person as p on (p.town_id, p.person_id) = (lv.town_id(), l.person_id)
    group by l.meeting_id
$$;

-- The minutes and, below them, what was decided.
create function lv.register_minutes(m data.meeting) returns text language sql stable as $$
    select concat_ws(
        e'\n', nullif(m.minutes, ''),
        (
            select string_agg(
                format('决定：%s（赞成%s，反对%s，弃权%s）', d.text, d.in_favour, d.against, d.abstained), e'\n'
                order by d.position
            )
            from data.decision as d
            where
                (d.town_id, d.meeting_id) = (m.town_id, m.meeting_id)
                and d.revision = (lv.latest_minutes(m.meeting_id)).revision
        )
    )
$$;

create type lv.register_row as (
    record_id uuid,
    group_id uuid,
    place text, -- sorts
    ready boolean,
    gone boolean,
    cells text[]
);

-- Books 1 to 3: meetings and activities, once they are locked.
create function lv.register_meetings(of_book text, kinds text[], from_on date, to_on date)
returns setof lv.register_row language sql stable as $$
    select
        m.meeting_id, m.group_id, m.held_on || ' ' || m.code, m.state = 'locked', false,
        array[
            m.held_on::text, m.code, coalesce(lv.room_no_of(m.meeting_id), ''), lv.register_group_name(m.group_id),
            lv.register_zh('meeting_kind', m.kind), m.title, coalesce(m.place, '')
        ] || case of_book
            when 'activities' then array[
                concat_ws(
                    '；', nullif(lv.register_unit_names(array[m.unit_id]), ''),
                    nullif(array_to_string(m.laws, '、'), ''), m.document
                )
            ]
            else '{}'
        end || array[
            coalesce(r.on_roll, 0)::text, coalesce(r.attended, 0)::text, r.missing, lv.register_minutes(m), ''
        ]
    from data.meeting as m
    left join lv.register_rolls(kinds, from_on, to_on) as r on r.meeting_id = m.meeting_id
    where m.town_id = lv.town_id() and m.kind = any (kinds) and m.held_on between from_on and to_on
$$;

-- Book 4: what villagers said, once it is closed or taken back, and where deputies received them.
create function lv.register_voters(from_on date, to_on date) returns setof lv.register_row language sql stable as $$
    select
        f.feedback_id, f.group_id, f.received_on || ' ' || f.code, f.state in ('closed', 'withdrawn', 'void'), false,
        array[
            f.received_on::text, f.code, coalesce(lv.room_no_of(f.feedback_id), ''),
            lv.register_group_name(f.group_id), p.name, '选民意见', f.topic, f.text,
            lv.register_unit_names(f.unit_id || f.co_unit_ids),
            concat_ws('：', nullif(lv.register_zh('reply_class', f.reply_class), ''), f.reply),
            lv.register_zh('rating', f.rating), coalesce(f.closed_on::text, ''),
            concat_ws(
                '；', case f.state when 'withdrawn' then '撤回' when 'void' then '作废：' || f.void_reason end,
                '并入' || l.code, '转为建议' || s.code
            )
        ]
    from data.feedback as f
    join data.person as p on (p.town_id, p.person_id) = (f.town_id, f.deputy_id)
    left join data.feedback as l on (l.town_id, l.feedback_id) = (f.town_id, f.lead_id)
    left join data.suggestion as s on (s.town_id, s.suggestion_id) = (f.town_id, f.suggestion_id)
    where f.town_id = lv.town_id() and f.received_on between from_on and to_on
    union all
    select
        m.meeting_id, m.group_id, m.held_on || ' ' || m.code, m.state = 'locked', false,
        array[
            m.held_on::text, m.code, coalesce(lv.room_no_of(m.meeting_id), ''), lv.register_group_name(m.group_id),
            r.present, lv.register_zh('meeting_kind', m.kind), m.title, lv.register_minutes(m), '', '', '', '',
            r.missing
        ]
    from data.meeting as m
    left join lv.register_rolls('{voter_reception}', from_on, to_on) as r on r.meeting_id = m.meeting_id
    where m.town_id = lv.town_id() and m.kind = 'voter_reception' and m.held_on between from_on and to_on
$$;

-- Book 5: suggestions and bills, once they are closed or taken back. What comes after the closing - reported,
-- published - is no cell: it would correct every line.
create function lv.register_suggestions(from_on date, to_on date) returns setof lv.register_row
language sql stable as $$
    select
        s.suggestion_id, o.group_id, s.submitted_on || ' ' || s.code,
        s.state in ('closed', 'reported', 'published', 'archived', 'withdrawn', 'void'), false,
        array[
            s.submitted_on::text, s.code, lv.register_group_name(o.group_id), lv.register_zh('suggestion_kind', s.kind),
            s.title, p.name,
            coalesce(
                (
                    select string_agg(d.name, '、' order by c.position)
                    from data.suggestion_proposer as c
                    join data.person as d on (d.town_id, d.person_id) = (c.town_id, c.person_id)
                    where (c.town_id, c.suggestion_id) = (s.town_id, s.suggestion_id) and c.person_id <> p.person_id
                ),
                ''
            ),
            lv.register_unit_names(s.unit_id || s.co_unit_ids), coalesce(s.assigned_on::text, ''),
            coalesce(s.extended_to::text, s.due_on::text, ''), coalesce(s.replied_on::text, ''),
            lv.register_zh('reply_class', s.result), lv.register_zh('rating', s.rating),
            coalesce(s.closed_on::text, ''),
            case s.state when 'withdrawn' then '撤回' when 'void' then concat_ws('：', '作废', s.void_reason) else '' end
        ]
    from data.suggestion as s
    left join data.person as p on (p.town_id, p.person_id) = (s.town_id, lv.suggestion_lead(s))
    cross join lateral (select lv.register_group_of(p.person_id, s.submitted_on) as group_id) as o
    where s.town_id = lv.town_id() and s.submitted_on between from_on and to_on
$$;

-- Book 6: good deeds, once they are verified, and the households that deputies help, without their names.
create function lv.register_deeds(from_on date, to_on date) returns setof lv.register_row language sql stable as $$
    select
        d.deed_id, o.group_id, d.done_on || ' ' || d.code, d.verified and d.void_reason is null,
        not d.verified or d.void_reason is not null,
        array[
            d.done_on::text, d.code, lv.register_group_name(o.group_id), d.kind, p.name, coalesce(v.name, ''),
            coalesce(d.text, ''), coalesce(d.value_yuan::text, ''),
            coalesce('作废：' || d.void_reason, case when d.verified then '' else '未核实' end)
        ]
    from data.deed as d
    join data.person as p on (p.town_id, p.person_id) = (d.town_id, d.person_id)
    left join data.village as v on (v.town_id, v.village_id) = (d.town_id, d.village_id)
    cross join lateral (select lv.register_group_of(d.person_id, d.done_on) as group_id) as o
    where d.town_id = lv.town_id() and d.done_on between from_on and to_on
    union all
    select
        h.household_id, o.group_id, h.starts_on || ' ' || h.code, h.void_reason is null, h.void_reason is not null,
        array[
            h.starts_on::text, h.code, lv.register_group_name(o.group_id), '联系帮扶户', coalesce(w.names, ''), v.name,
            '一户' || h.members || '人', '', coalesce('作废：' || h.void_reason, '')
        ]
    from data.household as h
    join data.village as v on (v.town_id, v.village_id) = (h.town_id, h.village_id)
    left join lateral (
        select
            string_agg(p.name, '、' order by k.position) as names,
            (array_agg(k.person_id order by k.position))[1] as first_id
        from data.household_helper as k
        join data.person as p on (p.town_id, p.person_id) = (k.town_id, k.person_id)
        where (k.town_id, k.household_id) = (h.town_id, h.household_id)
    ) as w on true
    cross join lateral (select lv.register_group_of(w.first_id, h.starts_on) as group_id) as o
    where h.town_id = lv.town_id() and h.starts_on between from_on and to_on
$$;

-- The roster: mandates in force on a day of the year. An end after the year is another year's news.
create function lv.register_roster(from_on date, to_on date) returns setof lv.register_row language sql stable as $$
    select
        m.mandate_id, m.group_id, array_position(array['city', 'county', 'town'], m.level) || ' ' || m.code,
        m.void_reason is null, m.void_reason is not null,
        array[
            m.code, p.name, p.code, coalesce(p.gender, ''), coalesce(p.occupation, ''),
            lv.register_zh('level', m.level), lv.register_group_name(m.group_id), coalesce(m.constituency, ''),
            m.starts_on::text, coalesce(e.ends_on::text, ''),
            case when e.ends_on is not null then lv.register_zh('end_reason', m.end_reason) else '' end,
            coalesce('作废：' || m.void_reason, '')
        ]
    from data.mandate as m
    join data.person as p on (p.town_id, p.person_id) = (m.town_id, m.person_id)
    cross join lateral (select case when m.ends_on <= to_on then m.ends_on end as ends_on) as e
    where m.town_id = lv.town_id() and m.starts_on <= to_on and coalesce(m.ends_on > from_on, true)
$$;

-- All rows of a book and a year, of every group. PL/pgSQL: one branch runs.
create function lv.register_rows(of_book text, of_year int) returns setof lv.register_row language plpgsql stable as $$
declare
    from_on date := make_date(of_year, 1, 1);
    to_on date := make_date(of_year, 12, 31);
    b lv.register_book;
begin
    select * into b from lv.register_book as k where k.book = of_book;
    case of_book
        when 'voters' then return query select * from lv.register_voters(from_on, to_on);
        when 'suggestions' then return query select * from lv.register_suggestions(from_on, to_on);
        when 'deeds' then return query select * from lv.register_deeds(from_on, to_on);
        when 'roster' then return query select * from lv.register_roster(from_on, to_on);
        else return query select * from lv.register_meetings(of_book, b.kinds, from_on, to_on);
    end case;
end
$$;
