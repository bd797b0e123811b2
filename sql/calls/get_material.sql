-- One material and its handouts; rooms see what came to them and what they passed on, deputies their own.
-- by: deputy clerk leader office chair auditor
-- effect: none
-- fills: material
select
    m.material_id, m.code, m.title, m.copies, m.issued_on,
    case
        when (:caller).role in ('clerk', 'leader') then copies_left(m.material_id, (:caller).group_id)
        when (:caller).role <> 'deputy' then copies_left(m.material_id, null)
    end as "left"
from material as m
where m.town_id = (:caller).town_id and m.material_id = (select material_found(:material_id, :code))

-- fills: handouts
select
    p.code as person_code, g.code as group_code, f.code as from_group_code, h.copies, h.handed_on, h.note
from handout as h
left join person as p on p.town_id = h.town_id and p.person_id = h.person_id
left join deputy_group as g on g.town_id = h.town_id and g.group_id = h.group_id
left join deputy_group as f on f.town_id = h.town_id and f.group_id = h.from_group_id
where
    h.town_id = (:caller).town_id
    and h.material_id = (select material_found(:material_id, :code))
    and (
        in_scope(:caller, h.group_id, h.person_id, null)
        or in_scope(:caller, h.from_group_id, h.person_id, null)
    )
order by h.handed_on, g.code, p.code, h.handout_id
