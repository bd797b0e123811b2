-- 七有: what each group has, from evidence. Of a group that is named also the evidence and what is missing, row by row.
-- by: deputy clerk leader office chair auditor
-- effect: none
-- fills: board
select b.group_code, b.group_name, b.haves, b.missing, b.activities, b.few_activities
from have_board(:caller, (select group_found(:caller, :group_code)), :year) as b
order by b.group_code

-- fills: haves
select h.group_code, h.have, h.label, h.has, h.evidence, h.missing
from haves(:caller, (select group_found(:caller, :group_code)), :year) as h
order by h.group_code, h.position

-- fills: rows
select r.have, r.kind, r.rule, r.subject, r.code, r.person_code, r.day_on
from have_rows(:year) as r
join have_names() as n on n.have = r.have
where :group_code is not null and r.group_id = (select group_found(:caller, :group_code))
order by
    n.position, array_position(array['missing', 'pending', 'evidence'], r.kind), r.day_on, r.person_code, r.code
