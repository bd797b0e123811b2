-- What closing the term would do: what must be settled first, what goes on in the new one, which mandates end.
-- by: office chair auditor
-- effect: none
-- fills: summary
select
    s.term, s.term_starts_on, s.starts_on, s.blocking, s.carried, s.meetings_to_lock,
    s.mandates_to_end, s.posts_to_end
from term_summary(:starts_on) as s

-- fills: items
select
    i.subject, i.code, i.title, i.state, i.blocking, i.rule, i.origin_term, i.since_on, i.age_days, i.due_on, i.holder
from term_items((select s.starts_on from term_summary(:starts_on) as s)) as i
order by i.blocking desc, i.age_days desc nulls last, i.since_on nulls last, i.subject, i.code
limit 500

-- fills: mandates
select m.code, p.code as person_code, p.name as person_name, g.code as group_code, m.ends_on
from term_mandates((select s.starts_on from term_summary(:starts_on) as s)) as m
join person as p on p.town_id = m.town_id and p.person_id = m.person_id
join deputy_group as g on g.town_id = m.town_id and g.group_id = m.group_id
order by g.code, m.code
limit 500
