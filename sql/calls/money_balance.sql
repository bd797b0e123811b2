-- A year's budget beside what was spent, and what all deputies together are entitled to.
-- by: office chair auditor
-- effect: none
-- fills: lines
select
    k.kind, b.yuan as budget_yuan, coalesce(s.yuan, 0) as spent_yuan, b.yuan - coalesce(s.yuan, 0) as left_yuan,
    coalesce(s.unconfirmed_yuan, 0) as unconfirmed_yuan, coalesce(s.entries, 0) as entries, b.note
from (
    values ('deputy_activity', 1), ('office_premises', 2), ('room_premises', 3), ('other', 4), ('award', 5)
) as k (kind, position)
left join budget_lines(this_year(:year)) as b on b.kind = k.kind
left join spent(this_year(:year)) as s on s.kind = k.kind
order by k.position

-- fills: changes
select b.kind, b.yuan as amount_yuan, b.note, a.login as author, b.recorded_at as recorded_us
from budget_line as b
join account as a on a.town_id = b.town_id and a.account_id = b.author_id
where b.town_id = (:caller).town_id and b.year = this_year(:year)
order by b.recorded_at, b.op_id

-- fills: entitled
select
    count(*)::int as people, coalesce(sum(e.days), 0)::int as days, coalesce(sum(e.yuan), 0)::bigint as amount_yuan,
    (select coalesce(sum(p.yuan), 0)::bigint from activity_paid(this_year(:year)) as p) as paid_yuan
from entitlements(this_year(:year)) as e
