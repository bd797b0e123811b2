-- Leave (请假): one a line of a roll. Asked, decided, withdrawn; what it comes to is 30_three_no.sql's. Its history
-- stands among the steps of its meeting, each naming the person.

-- Asked later than this, a leave must be approved to count.
create function lv.ask_leave_by(kind text, held_on date) returns date language sql stable as $$
    select held_on - lv.setting(
        case
            when kind = 'congress_session' then 'leave_days_congress'
            when kind in ('group_meeting', 'voter_reception') then 'leave_days_group'
            else 'leave_days_other'
        end,
        held_on
    )::int
$$;

create function lv.leave_state(l data.leave) returns text language sql immutable as $$
    select case
        when l.meeting_id is null then 'new'
        when l.void_reason is not null then 'withdrawn'
        else l.decision
    end
$$;

-- May the caller ask for this person's leave, or take it back? Deputies their own, clerks and leaders their group's.
create function lv.leave_in_scope(who data.caller, person uuid, held_on date) returns boolean
language plpgsql stable as $$
begin
    return coalesce(
        case
            when (who).role = 'deputy' then person = (who).person_id
            when (who).role in ('clerk', 'leader') then lv.stands_in_group(person, (who).group_id, held_on)
            else (who).role in ('office', 'chair', 'auditor')
        end,
        false
    );
end
$$;

create function lv.ask_leave(
    who data.caller, op data.op, id uuid, person uuid, on_day date, new_ground text, new_note text
) returns boolean language plpgsql volatile as $$
declare
    m data.meeting := lv.hold_meeting(id);
    l data.leave;
    today date := lv.today();
    asked date := coalesce(on_day, today);
    person_code text;
    code text;
begin
    person := coalesce(person, case (who).role when 'deputy' then (who).person_id end);
    perform lv.demand_value(person is not null, 'person_id');
    new_note := nullif(new_note, '');
    person_code := (select p.code from data.person as p where (p.town_id, p.person_id) = (m.town_id, person));
    perform lv.demand(person_code is not null, 'not_found', 'person_unknown', 'person', person::text);
    code := m.code || ' ' || person_code;
    perform lv.demand(
        lv.leave_in_scope(who, person, m.held_on), 'forbidden', 'not_yours', 'subject', 'leave', 'code', code,
        'role', (who).role
    );
    select d.* into l
    from data.leave as d
    where (d.town_id, d.meeting_id, d.person_id) = (m.town_id, id, person)
    for no key update;
    perform lv.demand_step(who, 'leave', 'ask', lv.leave_state(l), code);
    perform lv.demand_value(new_ground is not null, 'ground');
    perform lv.demand(asked <= today, 'invalid', 'day_in_future', 'day', asked::text);
    perform lv.demand(
        asked = today or (who).role <> 'deputy' and new_note is not null, 'invalid', 'backdated_needs_note',
        'day', asked::text
    );
    perform lv.demand(
        m.state in ('notified', 'open', 'closed', 'approved'), 'conflict', 'leave_not_now', 'meeting', m.code,
        'state', m.state
    );
    perform lv.demand(
        exists (
            select from data.roll_line as r where (r.town_id, r.meeting_id, r.person_id) = (m.town_id, id, person)
        ),
        'invalid', 'not_on_roll', 'meeting', m.code, 'person', person_code
    );
    insert into data.leave (town_id, meeting_id, person_id, asked_on, ground, decision, note, asked_by)
    values (m.town_id, id, person, asked, new_ground, 'pending', new_note, (who).account_id)
    on conflict (town_id, meeting_id, person_id) do update set (
        asked_on, ground, decision, note, asked_by, decided_on, decided_by, decision_note, void_reason
    ) = (
        excluded.asked_on, excluded.ground, excluded.decision, excluded.note, excluded.asked_by, null, null, null, null
    );
    perform lv.add_step(
        who, op, 'leave', id, 'ask', lv.leave_state(l), 'pending', new_note,
        jsonb_build_object('person', person_code, 'asked_on', asked, 'ground', new_ground)
    );
    return asked <= lv.ask_leave_by(m.kind, m.held_on);
end
$$;

-- Decides on a leave, or takes it back. A leave asked in time that is refused on the day or later stays excused.
create function lv.move_leave(who data.caller, op data.op, id uuid, person uuid, do_action text, new_note text)
returns table (state text, too_late boolean) language plpgsql volatile as $$
declare
    m data.meeting := lv.hold_meeting(id);
    l data.leave;
    today date := lv.today();
    decides boolean := do_action is distinct from 'withdraw';
    person_code text;
    code text;
begin
    person := coalesce(person, case (who).role when 'deputy' then (who).person_id end);
    perform lv.demand_value(person is not null, 'person_id');
    new_note := nullif(new_note, '');
    person_code := (select p.code from data.person as p where (p.town_id, p.person_id) = (m.town_id, person));
    select d.* into l
    from data.leave as d
    where (d.town_id, d.meeting_id, d.person_id) = (m.town_id, id, person)
    for no key update;
    perform lv.demand(
        l.meeting_id is not null, 'not_found', 'leave_unknown', 'meeting', m.code,
        'person', coalesce(person_code, person::text)
    );
    code := m.code || ' ' || person_code;
    -- A group's meeting is its leader's to decide on; the chair decides on any.
    perform lv.demand(
        case
            when decides and (who).role = 'leader' then coalesce(m.group_id = (who).group_id, false)
            else lv.leave_in_scope(who, person, m.held_on)
        end,
        'forbidden', 'not_yours', 'subject', 'leave', 'code', code, 'role', (who).role
    );
    perform lv.demand_step(who, 'leave', do_action, lv.leave_state(l), code);
    perform lv.demand_value(new_note is not null or do_action not in ('refuse', 'grant_after_all'), 'note');
    perform lv.demand(
        m.state in ('notified', 'open')
        or decides and (m.state in ('closed', 'approved') or m.state = 'locked' and (who).role = 'chair'),
        'conflict', 'leave_not_now', 'meeting', m.code, 'state', m.state
    );
    perform lv.demand(
        not decides or not coalesce(person = (who).person_id, false) and not lv.is_same_actor(who, l.asked_by),
        'forbidden', 'decide_own_leave', 'meeting', m.code, 'person', person_code
    );
    state := case do_action when 'refuse' then 'refused' when 'withdraw' then 'withdrawn' else 'approved' end;
    if decides then
        update data.leave as d
        set (decision, decided_on, decided_by, decision_note) = (state, today, (who).account_id, new_note)
        where (d.town_id, d.meeting_id, d.person_id) = (m.town_id, id, person);
    else
        update data.leave as d
        set void_reason = coalesce(new_note, '撤回')
        where (d.town_id, d.meeting_id, d.person_id) = (m.town_id, id, person);
    end if;
    too_late := state = 'refused' and today >= m.held_on and l.asked_on <= lv.ask_leave_by(m.kind, m.held_on);
    perform lv.add_step(
        who, op, 'leave', id, do_action, lv.leave_state(l), state, new_note, jsonb_build_object('person', person_code)
    );
    return next;
end
$$;

-- Deputies see their own; clerks and leaders their group's deputies' and those from their group's meetings.
create function lv.leaves_seen(who data.caller) returns setof data.leave language plpgsql stable as $$
begin
    return query
    select l.*
    from data.leave as l
    join data.meeting as m on (m.town_id, m.meeting_id) = (l.town_id, l.meeting_id)
    where
        l.town_id = lv.town_id()
        and (
            lv.leave_in_scope(who, l.person_id, m.held_on)
            or (who).role in ('clerk', 'leader') and m.group_id = (who).group_id
        );
end
$$;
