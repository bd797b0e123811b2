-- One self-study and its history.
-- by: deputy clerk leader office chair auditor
-- effect: none
-- fills: self_study
select
    s.self_study_id, s.code, p.code as person_code, p.name as person_name, s.studied_on, m.code as material_code,
    s.title, s.hours, s.note, s.state, a.login as noted_by, d.login as decided_by, s.decided_on
from self_study as s
join person as p on p.town_id = s.town_id and p.person_id = s.person_id
join account as a on a.town_id = s.town_id and a.account_id = s.noted_by
left join material as m on m.town_id = s.town_id and m.material_id = s.material_id
left join account as d on d.town_id = s.town_id and d.account_id = s.decided_by
where s.town_id = (:caller).town_id and s.self_study_id = (select self_study_found(:caller, :self_study_id, :code))

-- fills: steps
select
    s.step_no, s.subject, s.action, s.from_state, s.to_state, s.note, s.facts, s.author, s.author_role, s.recorded_us
from steps((select self_study_found(:caller, :self_study_id, :code))) as s
order by s.step_no
