-- Who took the records out, when, and for which purpose with the villagers' names; oldest first.
-- by: office chair auditor
-- effect: none
with page as (
    select e.*, k.key
    from data.export as e
    cross join lateral (
        select to_char(e.exported_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US ') || e.export_id as key
    ) as k
    where e.town_id = (:caller).town_id and (:after is null or k.key collate "C" > :after collate "C")
    order by k.key collate "C"
    limit page(:limit) + 1
)
select
    a.login, a.role, p.exported_at as exported_us, p.purpose,
    case when lead(p.key) over (order by p.key collate "C") is not null then p.key end as next
from page as p
join account as a on (a.town_id, a.account_id) = (p.town_id, p.account_id)
order by p.key collate "C"
limit page(:limit)
