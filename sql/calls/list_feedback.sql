-- Feedback that the caller may see, in the order it was received, of some days, a state, a group, a unit or a deputy.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
with page as (
    select f, row_number() over (order by f.received_on, f.code) as position
    from feedback_seen(:caller) as f
    where
        f.town_id = (:caller).town_id
        and f.received_on between coalesce(:from_on, '-infinity') and coalesce(:to_on, 'infinity')
        and (:state is null or f.state = :state)
        and (
            :group_code is null
            or f.group_id = (
                select g.group_id from deputy_group as g where g.town_id = (:caller).town_id and g.code = :group_code
            )
        )
        and (
            :unit_code is null
            or (
                select u.unit_id from unit as u where u.town_id = (:caller).town_id and u.code = :unit_code
            ) = any (f.unit_id || f.co_unit_ids)
        )
        and (
            :deputy_code is null
            or f.deputy_id = (
                select p.person_id from person as p where p.town_id = (:caller).town_id and p.code = :deputy_code
            )
        )
        and (
            :late_only is not true
            or feedback_lateness(f, today()) in ('late', 'very_late', 'overdue')
        )
        and (:after is null or (f.received_on, f.code) > (left(:after, 10)::date, substr(:after, 12)))
    order by f.received_on, f.code
    limit page(:limit) + 1
)
select
    s.*,
    case
        when lead(p.position) over (order by p.position) is not null then s.received_on || ' ' || s.code
    end as next
from page as p
cross join lateral feedback_shown(:caller, p.f) as s
order by p.position
limit page(:limit)
