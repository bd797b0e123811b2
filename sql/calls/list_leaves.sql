-- Leaves that the caller may see, by the meeting's day, of a state, a meeting or a person.
-- by: deputy clerk leader office chair auditor
-- effect: none
select
    l.meeting_id, m.code as meeting_code, m.title as meeting_title, m.held_on, l.person_id, p.code as person_code,
    p.name as person_name, l.asked_on, l.ground, l.note, leave_state(l) as state, l.decided_on, a.login as asked_by,
    d.login as decided_by, l.decision_note, l.asked_on <= ask_leave_by(m.kind, m.held_on) as in_time,
    case
        when lead(m.code) over (order by m.held_on, m.code, p.code) is not null
            then concat_ws(' ', m.held_on, m.code, p.code)
    end as next
from leaves_seen(:caller) as l
join meeting as m on m.town_id = l.town_id and m.meeting_id = l.meeting_id
join person as p on p.town_id = l.town_id and p.person_id = l.person_id
left join account as a on a.town_id = l.town_id and a.account_id = l.asked_by
left join account as d on d.town_id = l.town_id and d.account_id = l.decided_by
where
    l.town_id = (:caller).town_id
    and (:meeting_code is null or m.code = :meeting_code)
    and (:person_code is null or p.code = :person_code)
    and (:state is null or leave_state(l) = :state)
    and (
        select case
            when :state is null or :state in ('pending', 'approved', 'refused', 'withdrawn') then true
            else refuse('invalid', 'bad_value', 'column', 'state', 'value', :state)
        end
    )
    and (
        :after is null
        or (m.held_on, m.code, p.code)
        > (split_part(:after, ' ', 1)::date, split_part(:after, ' ', 2), split_part(:after, ' ', 3))
    )
order by m.held_on, m.code, p.code
limit page(:limit)
