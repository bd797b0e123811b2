-- A sign-in sheet, its lines beside what the centre holds, and what entering these marks would change.
-- by: clerk leader office chair auditor
-- effect: none
-- fills: sheet
select
    s.sheet_id, s.code, s.meeting_id, m.code as meeting_code, m.kind, m.title, m.held_on, m.place, g.name as group_name,
    t.name as town_name, w.login as made_by, s.made_at as made_us, sheet_outdated(s.*) as outdated, m.state
from sheet_found(:caller, :sheet_code) as s
join meeting as m on m.town_id = s.town_id and m.meeting_id = s.meeting_id
join town as t on t.town_id = s.town_id
left join deputy_group as g on g.town_id = s.town_id and g.group_id = coalesce(s.group_id, m.group_id)
join account as w on w.town_id = s.town_id and w.account_id = s.account_id
where s.town_id = (:caller).town_id

-- fills: rows
select
    l.row_no, l.person_id, p.code, coalesce(l.name, '') as name, l.held, h.login as held_by,
    case when v.meeting_id is not null then leave_state(v.*) end as leave,
    l.paper, l.change, l.rule, l.entered, e.login as entered_by, l.entered <> l.paper as differs
from sheet_found(:caller, :sheet_code) as s
cross join lateral sheet_lines(:caller, s.*, :marks.row_no, :marks.mark, :rest, nullif(trim(:reason), '')) as l
left join person as p on p.town_id = s.town_id and p.person_id = l.person_id
left join account as h on h.town_id = s.town_id and h.account_id = l.held_by
left join account as e on e.town_id = s.town_id and e.account_id = l.entered_by
left join leave as v on v.town_id = s.town_id and v.meeting_id = s.meeting_id and v.person_id = l.person_id
where s.town_id = (:caller).town_id
order by l.row_no nulls last, p.code

-- fills: entries
select
    w.login as entered_by, n.entered_at as entered_us, a.code as scan_code, n.reason,
    (
        select count(*)::int from sheet_entry_mark as k
        where k.town_id = n.town_id and k.entry_id = n.entry_id
    ) as marks
from sheet_found(:caller, :sheet_code) as s
join sheet_entry as n on n.town_id = s.town_id and n.sheet_id = s.sheet_id
join account as w on w.town_id = n.town_id and w.account_id = n.account_id
left join attachment as a on a.town_id = n.town_id and a.attachment_id = n.scan_id
where s.town_id = (:caller).town_id
order by n.entered_at, n.entry_id
