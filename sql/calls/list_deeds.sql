-- Deeds that the caller may see, by their day, of a state, a deputy or a village.
-- by: deputy clerk leader office chair auditor
-- effect: none
with page as (
    select d, row_number() over (order by d.done_on, d.code) as position
    from deeds_seen(:caller) as d
    where
        d.done_on between coalesce(:from_on, '-infinity') and coalesce(:to_on, 'infinity')
        and (:state is null or deed_state(d) = :state)
        and (
            :person_code is null
            or d.person_id = (
                select p.person_id from person as p where p.town_id = (:caller).town_id and p.code = :person_code
            )
        )
        and (
            :village_code is null
            or d.village_id = (
                select v.village_id from village as v where v.town_id = (:caller).town_id and v.code = :village_code
            )
        )
        and (:after is null or (d.done_on, d.code) > (left(:after, 10)::date, substr(:after, 12)))
    order by d.done_on, d.code
    limit page(:limit) + 1
)
select
    s.*,
    case
        when lead(p.position) over (order by p.position) is not null then s.done_on || ' ' || s.code
    end as next
from page as p
cross join lateral deed_shown(p.d) as s
order by p.position
limit page(:limit)
