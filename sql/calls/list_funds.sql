-- Money that was spent, by its day, as far as the caller may see it: leaders their group's, deputies what they got.
-- by: deputy leader office chair auditor
-- effect: none
with page as (
    select f, row_number() over (order by f.spent_on, f.code) as position
    from funds_seen(:caller) as f
    where
        f.spent_on between coalesce(:from_on, '-infinity') and coalesce(:to_on, 'infinity')
        and (:kind is null or f.kind = :kind)
        and (:state is null or fund_state(f) = :state)
        and (
            :person_code is null
            or f.person_id = (
                select p.person_id from person as p where p.town_id = (:caller).town_id and p.code = :person_code
            )
        )
        and (
            :group_code is null
            or f.group_id = (
                select g.group_id from deputy_group as g where g.town_id = (:caller).town_id and g.code = :group_code
            )
        )
        and (:after is null or (f.spent_on, f.code) > (left(:after, 10)::date, substr(:after, 12)))
    order by f.spent_on, f.code
    limit page(:limit) + 1
)
select
    s.*,
    case
        when lead(p.position) over (order by p.position) is not null then s.spent_on || ' ' || s.code
    end as next
from page as p
cross join lateral fund_shown(p.f) as s
order by p.position
limit page(:limit)
