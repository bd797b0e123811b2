-- Cases that the caller may see, by the end of their period, of a state, a track, a result, a group or a person.
-- by: deputy leader office chair auditor
-- effect: none
with asked as materialized (
    select c
    from cases_of(:caller, :from_on, :to_on) as c
    where
        (:state is null or c.state = :state)
        and (:track is null or c.track = :track and c.state <> 'void')
        and (:result is null or case_result(c) = :result)
        and (
            :group_code is null
            or c.group_id = (
                select g.group_id from deputy_group as g where g.town_id = (:caller).town_id and g.code = :group_code
            )
        )
        and (
            :person_code is null
            or c.person_id = (
                select p.person_id from person as p where p.town_id = (:caller).town_id and p.code = :person_code
            )
        )
        and (
            :after is null
            or (c.to_on, c.code collate "C") > (left(:after, 10)::date, substr(:after, 12) collate "C")
        )
    order by c.to_on, c.code collate "C"
    -- which of them are stale is only known once they are computed
    limit case when :stale_only is true then null else page(:limit) + 1 end
),
stale as materialized (
    select s.case_id
    from stale_cases(array(select (a.c).case_id from asked as a)) as s
    where (:caller).role in ('office', 'chair', 'auditor')
),
page as (
    select a.c, s.case_id is not null as stale
    from asked as a
    left join stale as s on s.case_id = (a.c).case_id
    where :stale_only is not true or s.case_id is not null
    order by (a.c).to_on, (a.c).code collate "C"
    limit page(:limit) + 1
)
select
    s.*, case when (:caller).role in ('office', 'chair', 'auditor') then p.stale end as stale,
    case
        when lead(s.code) over (order by s.to_on, s.code collate "C") is not null then s.to_on || ' ' || s.code
    end as next
from page as p
cross join lateral case_shown(:caller, p.c) as s
order by s.to_on, s.code collate "C"
limit page(:limit)
