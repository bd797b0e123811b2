-- The roster: everyone with the mandates in force on a day, today unless one is named; a group's only, if it is named.
-- by: deputy clerk leader office chair auditor
-- effect: none
with on_day as materialized ( -- once, not for every row
    select coalesce(:as_of_on, today()) as day
)
select
    p.person_id, p.code, p.name, p.gender, p.occupation,
    exists (
        select from mandate_days as d
        where d.town_id = p.town_id and d.person_id = p.person_id and d.days @> a.day
    ) as in_office,
    coalesce(f.levels, '{}') as levels,
    coalesce(f.group_codes, '{}') as group_codes,
    coalesce(f.group_names, '{}') as group_names,
    case when lead(p.code) over (order by p.code) is not null then p.code end as next
from person as p
cross join on_day as a
cross join lateral (
    select
        array_agg(m.level order by m.level, m.code) as levels,
        array_agg(g.code order by m.level, m.code) as group_codes,
        array_agg(g.name order by m.level, m.code) as group_names
    from mandates_in_force(p.person_id, a.day) as m
    join deputy_group as g on g.town_id = m.town_id and g.group_id = m.group_id
) as f
where
    p.town_id = (:caller).town_id
    and (:after is null or p.code > :after)
    and (:group_code is null or :group_code = any (f.group_codes))
    and (
        select case
            when :group_code is null then true
            when exists (
                select from deputy_group as g where g.town_id = (:caller).town_id and g.code = :group_code
            ) then true
            else refuse('not_found', 'group_unknown', 'group', :group_code)
        end
    )
order by p.code
limit page(:limit)
