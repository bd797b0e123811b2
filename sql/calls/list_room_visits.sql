-- Visits to the rooms of the groups that the caller may look at, by their day.
-- by: deputy clerk leader office chair auditor
-- effect: none
select
    v.room_visit_id, v.code, g.code as group_code, v.visited_on, room_visit_state(v) as state, v.remedied_on,
    v.photo_on, a.login as inspector, v.note, v.void_reason,
    case
        when lead(v.code) over (order by v.visited_on, v.code) is not null then v.visited_on || ' ' || v.code
    end as next
from room_visits_seen(:caller) as v
join deputy_group as g on g.town_id = v.town_id and g.group_id = v.group_id
join account as a on a.town_id = v.town_id and a.account_id = v.author_id
where
    v.town_id = (:caller).town_id
    and (:group_code is null or g.code = :group_code)
    and (:from_on is null or v.visited_on >= :from_on)
    and (:to_on is null or v.visited_on <= :to_on)
    and (:after is null or (v.visited_on, v.code) > (left(:after, 10)::date, substr(:after, 12)))
order by v.visited_on, v.code
limit page(:limit)
