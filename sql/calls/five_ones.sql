-- 五个一: who has done which of the five in a year; of a person or a group that is named also what stands for each.
-- by: deputy clerk leader office chair auditor
-- effect: none
-- fills: people
select
    p.code as person_code, p.name as person_name, f.group_codes, count(distinct r.one)::int as ones,
    array(
        select n.one from five_names() as n
        where n.one <> all (coalesce(array_agg(r.one) filter (where r.one is not null), '{}'))
        order by n.position
    ) as missing,
    case when lead(p.code) over (order by p.code) is not null then p.code end as next
from five_people(:caller, (select group_found(:caller, :group_code)), year_end(:year)) as f
join person as p on p.town_id = (:caller).town_id and p.person_id = f.person_id
left join five_rows(:year, year_end(:year)) as r on r.person_id = f.person_id
where (:person_code is null or p.code = :person_code) and (:after is null or p.code > :after)
group by p.code, p.name, f.group_codes
order by p.code
limit page(:limit)

-- fills: rows
select
    p.code as person_code, r.one, (rule_items('five_ones', year_end(:year)))[n.position] as label, r.subject, r.code,
    r.title, r.day_on
from five_people(:caller, (select group_found(:caller, :group_code)), year_end(:year)) as f
join person as p on p.town_id = (:caller).town_id and p.person_id = f.person_id
join five_rows(:year, year_end(:year)) as r on r.person_id = f.person_id
join five_names() as n on n.one = r.one
where
    :after is null and (:person_code is not null or :group_code is not null)
    and (:person_code is null or p.code = :person_code)
order by p.code, n.position, r.day_on, r.code
