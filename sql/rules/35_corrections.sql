-- Marks that contradict each other, and marks of locked meetings, which the chair alone changes.

-- A mark that says why, or is the office's or the chair's own word.
create function lv.settles(note text, author uuid) returns boolean language sql stable as $$
    select coalesce(note, '') <> '' or exists (
        select from data.account as a
        where (a.town_id, a.account_id) = (lv.town_id(), author) and a.role in ('office', 'chair')
    )
$$;

-- Lines on which accounts contradict each other: two marks corrected the same one differently (neither saw the other),
-- or one changed another's mark without a word. A later mark that settles it ends that.
create view lv.mark_conflict with (security_invoker = true) as
select distinct a.town_id, a.meeting_id, a.person_id
from data.attendance_mark as a
join data.attendance_mark as o
    on o.town_id = a.town_id and o.meeting_id = a.meeting_id and o.person_id = a.person_id and o.mark <> a.mark
where
    (
        o.revision = a.revision
        or o.op_id = a.corrects_id and o.author_id <> a.author_id and not lv.settles(a.note, a.author_id)
    )
    and not exists (
        select from data.attendance_mark as s
        where
            s.town_id = a.town_id and s.meeting_id = a.meeting_id and s.person_id = a.person_id
            and s.revision > a.revision and lv.settles(s.note, s.author_id)
    );

-- The operation that made a mark: when by its device's clock, and how far that was off. More than ten minutes flags it
-- (domain.md E6.7); the centre's own time stands beside it.
create view lv.mark_clock with (security_invoker = true) as
select o.town_id, o.op_id, o.authored_at, o.clock_off_ms, coalesce(abs(o.clock_off_ms) > 600000, false) as clock_off
from data.operation as o;

-- Asks the chair to change a mark of a locked meeting.
create function lv.ask_correction(
    who data.caller, op data.op, request uuid, id uuid, person uuid, new_mark text, new_reason text
) returns uuid language plpgsql volatile as $$
declare
    m data.meeting := lv.hold_meeting(id);
    person_code text;
    earlier text;
begin
    perform lv.demand(
        lv.in_scope(who, m.group_id, null, null)
        or m.group_id is null and lv.stands_in_group(person, (who).group_id, m.held_on),
        'forbidden', 'not_yours', 'subject', 'meeting', 'code', m.code, 'role', (who).role
    );
    perform lv.demand_step(who, 'meeting', 'ask_correction', m.state, m.code);
    perform lv.demand_value(request is not null, 'request_id');
    person_code := (
        select p.code
        from data.roll_line as r
        join data.person as p on (p.town_id, p.person_id) = (r.town_id, r.person_id)
        where (r.town_id, r.meeting_id, r.person_id) = (m.town_id, id, person)
    );
    perform lv.demand(
        person_code is not null, 'invalid', 'not_on_roll', 'meeting', m.code, 'person', coalesce(person::text, '')
    );
    perform lv.demand(new_mark is not null, 'invalid', 'mark_missing', 'person', person_code);
    perform lv.demand(new_reason <> '', 'invalid', 'reason_missing');
    earlier := (
        select p.mark
        from lv.present_mark as p
        where (p.town_id, p.meeting_id, p.person_id) = (m.town_id, id, person)
    );
    perform lv.demand(
        new_mark is distinct from earlier, 'conflict', 'mark_unchanged', 'person', person_code, 'mark', new_mark
    );
    perform lv.demand(
        not exists (
            select from data.mark_request as q
            where (q.town_id, q.meeting_id, q.person_id) = (m.town_id, id, person) and q.decision is null
        ),
        'conflict', 'correction_waits', 'meeting', m.code, 'person', person_code
    );
    insert into data.mark_request (
        town_id, request_id, meeting_id, person_id, mark, reason, asked_by, asked_at
    )
    values (m.town_id, request, id, person, new_mark, new_reason, (who).account_id, lv.now())
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'correction_exists', 'request', request::text);
    perform lv.add_step(
        who, op, 'meeting', id, 'ask_correction', m.state, m.state, new_reason,
        jsonb_build_object('person', person_code, 'mark', new_mark, 'earlier', earlier)
    );
    return request;
end
$$;

-- The chair's word on it. Accepted, the mark is the chair's, with the reason that was given.
create function lv.decide_correction(
    who data.caller, op data.op, request uuid, of_meeting uuid, is_accepted boolean, new_note text
) returns uuid language plpgsql volatile as $$
declare
    q data.mark_request;
    m data.meeting;
    p record;
begin
    select d.* into q from data.mark_request as d where (d.town_id, d.request_id) = ((who).town_id, request);
    perform lv.demand(
        found and coalesce(q.meeting_id = of_meeting, true), 'not_found', 'correction_unknown',
        'request', coalesce(request::text, '')
    );
    m := lv.hold_meeting(q.meeting_id);
    perform lv.demand_step(who, 'meeting', 'decide_correction', m.state, m.code);
    -- as it is now that the meeting is held: another decision may have been under way
    select d.* into q
    from data.mark_request as d
    where (d.town_id, d.request_id) = (m.town_id, request)
    for no key update;
    perform lv.demand_value(is_accepted is not null, 'accepted');
    perform lv.demand_value(is_accepted or new_note <> '', 'note');
    perform lv.demand(
        q.decision is null, 'conflict', 'correction_decided', 'meeting', m.code, 'decision', q.decision
    );
    perform lv.demand(
        not lv.is_same_actor(who, q.asked_by), 'forbidden', 'decide_own_correction', 'meeting', m.code
    );
    select d.code, a.revision, a.op_id, a.mark into p
    from data.person as d
    left join lv.present_mark as a on (a.town_id, a.meeting_id, a.person_id) = (m.town_id, m.meeting_id, d.person_id)
    where (d.town_id, d.person_id) = (m.town_id, q.person_id);
    if is_accepted then
        insert into data.attendance_mark (
            town_id, meeting_id, person_id, revision, op_id, corrects_id, mark, note, author_id, device_id
        )
        values (
            m.town_id, m.meeting_id, q.person_id, coalesce(p.revision, 0) + 1, (op).op_id, p.op_id, q.mark, q.reason,
            (who).account_id, (who).device_id
        );
    end if;
    update data.mark_request as d
    set (decision, decided_by, decided_at, decision_note) = (
        case when is_accepted then 'accepted' else 'refused' end, (who).account_id, lv.now(), nullif(new_note, '')
    )
    where (d.town_id, d.request_id) = (m.town_id, request);
    perform lv.add_step(
        who, op, 'meeting', m.meeting_id, 'decide_correction', m.state, m.state, nullif(new_note, ''),
        jsonb_build_object('person', p.code, 'mark', q.mark, 'earlier', p.mark, 'accepted', is_accepted)
    );
    return request;
end
$$;
