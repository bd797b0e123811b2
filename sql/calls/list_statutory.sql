-- Town deputies who missed sessions of their own congress in this term without approval (Deputies Law art. 62(3), 63).
-- by: office chair auditor
-- effect: none
select
    p.code as person_code, p.name as person_name, s.mandate_code, g.code as group_code, s.constituency,
    cardinality(s.sessions) as missed, s.sessions as meeting_codes, s.rule,
    case
        when lead(s.mandate_code) over (order by s.mandate_code collate "C") is not null then s.mandate_code
    end as next
from statutory() as s
join person as p on p.town_id = (:caller).town_id and p.person_id = s.person_id
left join deputy_group as g on g.town_id = (:caller).town_id and g.group_id = s.group_id
where :after is null or s.mandate_code collate "C" > :after
order by s.mandate_code collate "C"
limit page(:limit)
