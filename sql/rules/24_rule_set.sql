-- The slogans that a presidium works by (两规则 ... 七有): lists that a town words itself, each from a day on. No source
-- defines them; the defaults are domain.md A3's and A4's. Others read them through lv.rule_items().

create view lv.default_rule_set with (security_invoker = true) as
select d.position, d.code, d.label, d.items
from (
    values
    (1, 'two_rules', '两规则', array['镇人民代表大会议事规则', '主席团议事规则']),
    (2, 'two_duties', '两职责', array['人大主席（团）职责', '人大代表职责']),
    (
        3, 'seven_systems', '七制度',
        array[
            '学习培训制度', '代表小组活动制度', '联系选民（接待）制度', '视察、检查、调研制度', '述职评议制度',
            '建议、批评和意见办理制度', '履职登记与考核表彰制度'
        ]
    ),
    (
        4, 'six_books', '六簿一册', -- 78_register.sql keeps these, in this order
        array[
            '会议记录簿', '学习培训簿', '活动记录簿', '联系选民、民意登记簿', '建议办理簿', '好事实事与帮扶簿',
            '代表花名册'
        ]
    ),
    (5, 'three_musts', '三必须', array['必须按时出席会议', '必须参加小组活动', '必须联系选民、反映民意']),
    (6, 'three_initiatives', '三主动', array['主动学习', '主动联系选民', '主动提出建议']),
    (7, 'four_participations', '四参与', array['参与视察', '参与检查', '参与调研', '参与评议']),
    (
        8, 'three_abstentions', '三不参与',
        array['不参与赌博、迷信', '不参与越级非正常上访', '不参与干预执法司法与招投标']
    ),
    (9, 'four_roles', '四个作用', array['桥梁纽带作用', '监督作用', '参谋作用', '模范带头作用']),
    (
        10, 'five_ones', '五个一',
        array[
            '联系一个选民小组', '提一条有价值的建议', '帮一个村（社区）解决一个难题', '办一件好事实事',
            '参加一次述职或培训'
        ]
    ),
    (11, 'six_leads', '六个带头', array['带头学习', '带头守法', '带头发展致富', '带头帮困', '带头促和谐', '带头履职']),
    (
        12, 'seven_haves', '七有',
        array[
            '有规范的代表小组活动室', '有小组活动计划总结', '有小组活动真实记录', '有联系选民的实在内容',
            '有目标管理责任书', '有创先争优典型事例', '有人大代表履职登记卡'
        ]
    )
) as d (position, code, label, items);

-- Every version of every list; holds_from is null where it is the default.
create function lv.rule_set_versions()
returns table ("position" int, code text, label text, items text[], holds_from date, revision int)
language sql stable as $$
    select d.position, d.code, d.label, d.items, null::date, 0
    from lv.default_rule_set as d
    union all
    select coalesce(d.position, 1000), s.code, s.label, s.items, s.holds_from, s.revision
    from data.rule_set as s
    left join lv.default_rule_set as d on d.code = s.code
    where s.town_id = lv.town_id()
$$;

-- The lists as they hold on a day.
create function lv.rule_sets(day date)
returns table ("position" int, code text, label text, items text[], holds_from date, revision int)
language sql stable as $$
    select distinct on (v.code) v.*
    from lv.rule_set_versions() as v
    where coalesce(v.holds_from <= day, true)
    order by v.code, v.holds_from desc nulls last, v.revision desc
$$;

-- The items of one list on a day; of a list that nobody has made: none.
create function lv.rule_items(of_code text, day date) returns text[] language sql stable as $$
    select coalesce((select r.items from lv.rule_sets(day) as r where r.code = of_code), '{}')
$$;

create function lv.set_rule_set(
    who data.caller, op data.op, of_code text, new_label text, from_day date, new_items text[]
) returns date language plpgsql volatile as $$
declare
    day date := coalesce(from_day, lv.today());
    present record;
begin
    perform lv.demand_value(of_code <> '', 'code');
    perform lv.demand(of_code ~ '^[a-z][a-z0-9_]{0,39}$', 'invalid', 'bad_rule_set_code', 'code', of_code);
    select * into present from lv.rule_sets(day) as r where r.code = of_code;
    new_label := coalesce(nullif(trim(new_label), ''), present.label);
    perform lv.demand_value(new_label is not null, 'label');
    perform lv.demand_value(cardinality(new_items) > 0, 'items');
    perform lv.demand_value(bool_and(trim(i.item) <> ''), 'items') from unnest(new_items) as i (item);
    perform lv.demand(
        cardinality(new_items) <= 50 and length(new_label) <= 40 and max(length(i.item)) <= 200, 'invalid',
        'rule_set_too_long', 'code', of_code
    )
    from unnest(new_items) as i (item);
    insert into data.rule_set (
        town_id, code, holds_from, revision, label, items, op_id, author_id, recorded_at
    )
    select
        (who).town_id, of_code, day, coalesce(max(s.revision), 0) + 1, new_label,
        array(select trim(i.item) from unnest(new_items) with ordinality as i (item, place) order by i.place),
        (op).op_id, (who).account_id, lv.now()
    from data.rule_set as s
    where (s.town_id, s.code, s.holds_from) = ((who).town_id, of_code, day)
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'operation_repeated'); -- another wording of this day was quicker
    return day;
end
$$;
