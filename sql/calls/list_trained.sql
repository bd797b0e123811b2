-- The list behind the coverage: who of those in office was trained by what.
-- by: deputy clerk leader office chair auditor
-- effect: none
select
    p.code as person_code, p.name as person_name, t.day_on, t.form, t.subject, t.code, t.title, t.hours,
    case
        when lead(t.code) over (order by p.code, t.day_on, t.code) is not null
            then concat_ws(' ', p.code, t.day_on, t.code)
    end as next
from trained_seen(:caller, :year) as t
join person as p on p.town_id = (:caller).town_id and p.person_id = t.person_id
where
    exists (
        select from seats(year_end(:year)) as s
        where
            s.person_id = t.person_id
            and (:group_code is null or s.group_id = (select group_named(:group_code)))
            and (:level is null or s.level = :level)
    )
    and (:form is null or t.form = :form)
    and (
        :after is null
        or (p.code, t.day_on, t.code)
        > (split_part(:after, ' ', 1), split_part(:after, ' ', 2)::date, split_part(:after, ' ', 3))
    )
order by p.code, t.day_on, t.code
limit page(:limit)
