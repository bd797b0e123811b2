-- Plans and summaries of the groups that the caller may look at.
-- by: deputy clerk leader office chair auditor
-- effect: none
select
    p.paper_id, p.code, g.code as group_code, p.kind, p.year, p.state, paper_due(p.kind, p.year) as due_on,
    p.submitted_on, p.approved_on, a.login as written_by, p.void_reason,
    case when lead(p.code) over (order by p.code) is not null then p.code end as next
from papers_seen(:caller) as p
join deputy_group as g on g.town_id = p.town_id and g.group_id = p.group_id
join account as a on a.town_id = p.town_id and a.account_id = p.written_by
where
    p.town_id = (:caller).town_id
    and (:year is null or p.year = :year)
    and (:group_code is null or g.code = :group_code)
    and (:kind is null or p.kind = :kind)
    and (:state is null or p.state = :state)
    and (:after is null or p.code > :after)
order by p.code
limit page(:limit)
