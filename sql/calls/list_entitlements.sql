-- What each deputy is entitled to of a year's activity money, got of it, and has left.
-- by: deputy leader office chair auditor
-- effect: none
select
    e.person_code, e.person_name, e.days, e.rates_yuan, e.rates_days, e.yuan as amount_yuan, e.paid_yuan, e.left_yuan,
    case when lead(e.person_code) over (order by e.person_code) is not null then e.person_code end as next
from entitlements_seen(:caller, this_year(:year)) as e
where
    (:person_code is null or e.person_code = :person_code)
    and (
        :group_code is null
        or exists (
            select
            from mandate as m
            join person as p on p.town_id = m.town_id and p.person_id = m.person_id
            join deputy_group as g on g.town_id = m.town_id and g.group_id = m.group_id
            where
                m.town_id = (:caller).town_id and p.code = e.person_code and g.code = :group_code
                and in_office_in_year(m.person_id, m.group_id, this_year(:year))
        )
    )
    and (:after is null or e.person_code > :after)
order by e.person_code
limit page(:limit)
