-- Self-studies that the caller may see, by their day.
-- by: deputy clerk leader office chair auditor
-- effect: none
select
    s.self_study_id, s.code, p.code as person_code, p.name as person_name, s.studied_on, m.code as material_code,
    s.title, s.hours, s.note, s.state, a.login as noted_by, d.login as decided_by, s.decided_on,
    case
        when lead(s.code) over (order by s.studied_on, s.code) is not null then s.studied_on || ' ' || s.code
    end as next
from self_studies_seen(:caller) as s
join person as p on p.town_id = s.town_id and p.person_id = s.person_id
join account as a on a.town_id = s.town_id and a.account_id = s.noted_by
left join material as m on m.town_id = s.town_id and m.material_id = s.material_id
left join account as d on d.town_id = s.town_id and d.account_id = s.decided_by
where
    s.town_id = (:caller).town_id
    and (:from_on is null or s.studied_on >= :from_on)
    and (:to_on is null or s.studied_on <= :to_on)
    and (:person_code is null or p.code = :person_code)
    and (:state is null or s.state = :state)
    and (:after is null or (s.studied_on, s.code) > (left(:after, 10)::date, substr(:after, 12)))
order by s.studied_on, s.code
limit page(:limit)
