-- The cards of a year that the caller may see, by the mandates' codes; of a group or in a state.
-- by: deputy clerk leader office chair auditor
-- effect: none
with page as materialized (
    select m, row_number() over (order by m.code) as position
    from cards_seen(:caller, :year) as m
    left join card as c on (c.town_id, c.mandate_id, c.year) = (m.town_id, m.mandate_id, :year)
    where
        (:group_code is null or m.group_id = (
            select g.group_id from deputy_group as g where g.town_id = m.town_id and g.code = :group_code
        ))
        and (:state is null or coalesce(c.state, 'computed') = :state)
        and (:after is null or m.code > :after)
    order by m.code
    limit page(:limit) + 1
)
select
    s.mandate_id, b.code, b.year, b.person_code, b.person_name, b.level, b.group_code, b.group_name,
    b.constituency, s.state, s.version, s.stale,
    s.signed_by, s.signed_on, x.meetings_attended, x.meetings_unexcused, x.activities_attended, x.activities_unexcused,
    x.trainings_attended, x.feedback, x.suggestions_led, x.suggestions_cosigned, x.deeds_verified, x.households,
    case when lead(p.position) over (order by p.position) is not null then b.code end as next
from page as p
join card_texts(:year, array(select (p.m).mandate_id from page as p)) as t on t.mandate_id = (p.m).mandate_id
cross join lateral card_basics(p.m, :year) as b
cross join lateral card_standing(p.m, :year, t.text) as s
cross join lateral jsonb_to_record(t.text::jsonb -> 'totals') as x (
    meetings_attended int, meetings_unexcused int, activities_attended int, activities_unexcused int,
    trainings_attended int, feedback int, suggestions_led int, suggestions_cosigned int, deeds_verified int,
    households int
)
order by p.position
limit page(:limit)
