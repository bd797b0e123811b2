-- Marks deputies at one meeting; a mark that changes an earlier one is a correction and keeps both.
-- by: clerk leader office chair
-- effect: ledger
-- changes: meeting of meeting_id
with added as (
    -- All is well, or the line is left out and refuse_marks() below says why. This statement runs more often than all
    -- others: its cost is the number of its plan's nodes.
    insert into attendance_mark (
        town_id, meeting_id, person_id, revision, op_id, corrects_id, mark, note, author_id, device_id
    )
    select
        m.town_id, m.meeting_id, a.person_id, coalesce(p.revision, 0) + 1, (:op).op_id, p.op_id, a.mark, a.note,
        (:caller).account_id, (:caller).device_id
    from meeting as m
    cross join unnest(:marks.person_id, :marks.mark, :marks.note) as a (person_id, mark, note)
    join roll_line as r on r.town_id = m.town_id and r.meeting_id = m.meeting_id and r.person_id = a.person_id
    -- the view present_mark, written out
    left join lateral (
        select p.op_id, p.revision, p.mark
        from attendance_mark as p
        where p.town_id = m.town_id and p.meeting_id = m.meeting_id and p.person_id = a.person_id
        order by p.revision desc, p.recorded_at desc, p.op_id desc
        limit 1
    ) as p on true
    where
        m.town_id = town_id() and m.meeting_id = :meeting_id
        and mark_rule(
            (:caller).role, (:caller).group_id, m.group_id, m.held_on, m.state, a.person_id, a.mark, p.mark, a.note
        ) is null
        and cardinality(array_positions(:marks.person_id, a.person_id)) = 1
    returning revision
)
select count(*)::int as recorded, count(*) filter (where a.revision > 1)::int as corrected
from added as a
having
    count(*) = cardinality(:marks.person_id) and count(*) > 0
    or refuse_marks(:caller, :meeting_id, :marks.person_id, :marks.mark, :marks.note)

-- together:
with added as (
    insert into attendance_mark (
        town_id, meeting_id, person_id, revision, op_id, corrects_id, mark, note, author_id, device_id
    )
    select
        m.town_id, m.meeting_id, a.person_id, coalesce(p.revision, 0) + 1, (:op)[a.of].op_id, p.op_id, a.mark, a.note,
        (:caller)[a.of].account_id, (:caller)[a.of].device_id
    from unnest(:marks.of, :marks.person_id, :marks.mark, :marks.note) as a (of, person_id, mark, note)
    join meeting as m on m.town_id = town_id() and m.meeting_id = (:meeting_id)[a.of]
    join roll_line as r on r.town_id = m.town_id and r.meeting_id = m.meeting_id and r.person_id = a.person_id
    left join lateral (
        select p.op_id, p.revision, p.mark
        from attendance_mark as p
        where p.town_id = m.town_id and p.meeting_id = m.meeting_id and p.person_id = a.person_id
        order by p.revision desc, p.recorded_at desc, p.op_id desc
        limit 1
    ) as p on true
    where
        mark_rule(
            (:caller)[a.of].role, (:caller)[a.of].group_id, m.group_id, m.held_on, m.state, a.person_id, a.mark,
            p.mark, a.note
        ) is null
    returning meeting_id, person_id, revision, op_id
)
select
    a.op_id, count(*)::int as recorded, count(*) filter (where a.revision > 1)::int as corrected
from added as a
group by a.op_id
-- none is left out, and none is about the same line as another: that one would have to see it first
having (
    select count(*) = cardinality(:marks.of) and count(*) = count(distinct (b.meeting_id, b.person_id))
    from added as b
)
