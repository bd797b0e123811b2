-- Marks deputies at one meeting; a mark that changes an earlier one is a correction and keeps both.
-- by: clerk leader office chair
-- effect: ledger
with added as (
    insert into attendance_mark (
        town_id, meeting_id, person_id, revision, op_id, corrects_id, mark, note, author_id, device_id
    )
    select
        (:caller).town_id, :meeting_id, a.person_id, coalesce(p.revision, 0) + 1, (:op).op_id, p.op_id,
        a.mark, a.note, (:caller).account_id, (:caller).device_id
    from (
        select
            unnest(:marks.person_id) as person_id,
            unnest(:marks.mark) as mark,
            unnest(:marks.note) as note
    ) as a
    left join meeting as m on m.town_id = (:caller).town_id and m.meeting_id = :meeting_id
    -- limit: so that the plan finds each line by its key, whatever the statistics say of rolls
    left join lateral (
        select r.person_id
        from roll_line as r
        where r.town_id = (:caller).town_id and r.meeting_id = :meeting_id and r.person_id = a.person_id
        limit 1
    ) as r on true
    -- the view present_mark, written out: this statement runs more often than all others
    left join lateral (
        select p.op_id, p.revision, p.mark
        from attendance_mark as p
        where p.town_id = (:caller).town_id and p.meeting_id = :meeting_id and p.person_id = a.person_id
        order by p.revision desc, p.recorded_at desc, p.op_id desc
        limit 1
    ) as p on true
    -- refuse_mark() is strict: without a rule to refuse by it is not called
    where coalesce(
        refuse_mark(
            case
                when m.meeting_id is null then 'meeting_unknown'
                when (:caller).role in ('clerk', 'leader') and m.group_id <> (:caller).group_id then 'not_your_group'
                when m.state not in ('open', 'closed', 'approved', 'locked') then 'meeting_not_open'
                when cardinality(array_positions(:marks.person_id, a.person_id)) > 1 then 'same_person_twice'
                when a.mark is null then 'mark_missing'
                when r.person_id is null then 'not_on_roll'
                when (:caller).role in ('clerk', 'leader') and m.group_id is null and not exists (
                    select from mandates_in_force(a.person_id, m.held_on) as f where f.group_id = (:caller).group_id
                ) then 'not_your_group'
                when m.state = 'locked' and (:caller).role <> 'chair' then 'locked_chair_only'
                when m.state <> 'open' and p.mark <> a.mark and coalesce(a.note, '') = '' then 'reason_missing'
            end,
            coalesce(m.code, :meeting_id::text, ''), coalesce(m.state, ''), coalesce(a.person_id::text, '')
        ),
        true
    )
    returning revision
)
select count(*)::int as recorded, count(*) filter (where a.revision > 1)::int as corrected
from added as a
having count(*) > 0 or refuse('invalid', 'no_marks')
