-- Households that the caller may see, by their code, of a state, a village or a helper.
-- by: deputy clerk leader office chair auditor
-- effect: none
with page as (
    select h, row_number() over (order by h.code) as position
    from households_seen(:caller) as h
    where
        (:state is null or household_state(h) = :state)
        and (
            :village_code is null
            or h.village_id = (
                select v.village_id from village as v where v.town_id = (:caller).town_id and v.code = :village_code
            )
        )
        and (:helper_code is null or :helper_code = any (helper_codes(helper_ids(h.household_id))))
        and (:unvisited_only is not true or household_due(h) < today())
        and (:after is null or h.code > :after)
    order by h.code
    limit page(:limit) + 1
)
select
    s.*,
    case when lead(p.position) over (order by p.position) is not null then s.code end as next
from page as p
cross join lateral household_shown(p.h) as s
order by p.position
limit page(:limit)
