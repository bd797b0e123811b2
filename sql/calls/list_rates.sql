-- The rates and the days from which they hold, defaults among them.
-- by: deputy clerk leader office chair auditor
-- effect: none
select r.kind, r.level, r.holds_from as holds_from_on, r.yuan as amount_yuan, r.note, a.login as author
from rates() as r
left join account as a on a.town_id = (:caller).town_id and a.account_id = r.author_id
order by r.kind, r.level, r.holds_from
