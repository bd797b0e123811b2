-- The terms of the town's congress that are known, the present one last.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
select
    t.term, t.starts_on, lead(t.starts_on) over (order by t.starts_on) as ends_on, t.closed_at as closed_us,
    a.login as closed_by,
    (
        select count(*)::int from handover as h
        where h.town_id = (:caller).town_id and h.term = t.term
    ) as handed_over,
    d.name as town_name
from terms() as t
join town as d on d.town_id = (:caller).town_id
left join account as a on a.town_id = (:caller).town_id and a.account_id = t.closed_by
order by t.starts_on
