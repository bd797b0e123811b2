-- Follow-ups that the caller may see, by the day of the activity.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
select
    v.*,
    case
        when lead(v.code) over (order by v.held_on, v.code) is not null then v.held_on || ' ' || v.code
    end as next
from follow_ups_seen(:caller) as f
cross join lateral follow_up_shown(f) as v
where
    f.town_id = (:caller).town_id
    and (:from_on is null or v.held_on >= :from_on)
    and (:to_on is null or v.held_on <= :to_on)
    and (:state is null or v.state = :state)
    and (:kind is null or v.meeting_kind = :kind)
    and (:group_code is null or v.group_code = :group_code)
    and (:unit_code is null or v.unit_code = :unit_code)
    and (:late_only is not true or v.lateness in ('late', 'very_late', 'overdue'))
    and (:after is null or (v.held_on, v.code) > (left(:after, 10)::date, substr(:after, 12)))
order by v.held_on, v.code
limit page(:limit)
