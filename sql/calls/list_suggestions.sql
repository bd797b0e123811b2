-- Suggestions and bills that the caller may see, drafts first and then in the order they were submitted, of some days,
-- a kind, a state, a unit or one of the proposers.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
with page as (
    select s, row_number() over (order by coalesce(s.submitted_on, '0001-01-01'), s.code) as position
    from suggestions_seen(:caller) as s
    where
        s.town_id = (:caller).town_id
        and (:from_on is null or s.submitted_on >= :from_on)
        and (:to_on is null or s.submitted_on <= :to_on)
        and (:kind is null or s.kind = :kind)
        and (:state is null or s.state = :state)
        and (
            :unit_code is null
            or (
                select u.unit_id from unit as u where u.town_id = (:caller).town_id and u.code = :unit_code
            ) = any (s.unit_id || s.co_unit_ids)
        )
        and (
            :person_code is null
            or exists (
                select
                from person as p
                left join suggestion_proposer as o
                    on o.town_id = s.town_id and o.suggestion_id = s.suggestion_id and o.person_id = p.person_id
                where
                    p.town_id = (:caller).town_id and p.code = :person_code
                    and (o.person_id is not null or p.person_id = s.lead_id)
            )
        )
        and (
            :late_only is not true
            or suggestion_lateness(s, today()) in ('late', 'very_late', 'overdue')
        )
        and (
            :after is null
            or (coalesce(s.submitted_on, '0001-01-01'), s.code) > (left(:after, 10)::date, substr(:after, 12))
        )
    order by coalesce(s.submitted_on, '0001-01-01'), s.code
    limit page(:limit) + 1
)
select
    v.*,
    case
        when lead(p.position) over (order by p.position) is not null
            then coalesce(v.submitted_on, '0001-01-01') || ' ' || v.code
    end as next
from page as p
cross join lateral suggestion_shown(p.s) as v
order by p.position
limit page(:limit)
