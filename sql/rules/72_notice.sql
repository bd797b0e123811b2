-- Notices: to one person, one group's room, one unit, or everybody of a role; and who has read them.

-- Those addressed to the caller.
create function lv.notices_to(who data.caller) returns setof data.notice language sql stable as $$
    select n.* from data.notice as n where n.town_id = lv.town_id() and n.person_id = (who).person_id
    union all
    select n.*
    from data.notice as n
    where n.town_id = lv.town_id() and n.group_id = (who).group_id and (who).role in ('clerk', 'leader')
    union all
    select n.* from data.notice as n where n.town_id = lv.town_id() and n.unit_id = (who).unit_id
    union all
    select n.* from data.notice as n where n.town_id = lv.town_id() and n.role = (who).role
$$;

-- Clerks and leaders write to their own group's room and deputies; the office and the chair to everybody.
create function lv.send_notice(
    who data.caller, op data.op, id uuid, person uuid, to_group uuid, unit uuid, to_role text, title text, body text
) returns uuid language plpgsql volatile as $$
declare
    town int := lv.town_id();
begin
    perform lv.demand_value(id is not null, 'notice_id');
    perform lv.demand(num_nonnulls(person, to_group, unit, to_role) = 1, 'invalid', 'notice_addressee');
    perform lv.demand(
        person is null or exists (select from data.person as p where (p.town_id, p.person_id) = (town, person)),
        'not_found', 'person_unknown', 'person', person::text
    );
    perform lv.demand(
        to_group is null
            or exists (select from data.deputy_group as g where (g.town_id, g.group_id) = (town, to_group)),
        'not_found', 'group_unknown', 'group', to_group::text
    );
    perform lv.demand(
        unit is null or exists (select from data.unit as u where (u.town_id, u.unit_id) = (town, unit)),
        'not_found', 'unit_unknown', 'unit', unit::text
    );
    perform lv.demand(
        (who).role not in ('clerk', 'leader')
            or coalesce(to_group = (who).group_id, false)
            or person is not null and lv.stands_in_group(person, (who).group_id, lv.today()),
        'forbidden', 'notice_own_group', 'role', (who).role
    );
    perform lv.demand(coalesce(to_role not in ('admin', 'backup'), true), 'invalid', 'notice_role', 'role', to_role);
    perform lv.demand_value(title <> '', 'title');
    insert into data.notice as n (
        town_id, notice_id, person_id, group_id, unit_id, role, title, text, sent_at, sender_id, op_id
    )
    values (
        town, id, person, to_group, unit, to_role, title, coalesce(body, ''), lv.now(), (who).account_id, (op).op_id
    )
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'notice_exists', 'notice', id::text);
    return id;
end
$$;

-- One account's "I have read it". A meeting's notice that its own addressee reads is a proof of notice, where none is
-- held (rules.md section 1), and a case's is the proof that they were told: true, if it became one.
create function lv.receive_notice(who data.caller, op data.op, id uuid) returns boolean language plpgsql volatile as $$
declare
    town int := lv.town_id();
    n data.notice;
begin
    perform lv.demand_value(id is not null, 'notice_id');
    select d.* into n from data.notice as d where (d.town_id, d.notice_id) = (town, id);
    perform lv.demand(found, 'not_found', 'notice_unknown', 'notice', id::text);
    perform lv.demand(
        coalesce(
            n.person_id = (who).person_id, n.unit_id = (who).unit_id, n.role = (who).role,
            n.group_id = (who).group_id and (who).role in ('clerk', 'leader'), false
        ),
        'forbidden', 'not_yours', 'subject', 'notice', 'code', id::text, 'role', (who).role
    );
    insert into data.notice_receipt (town_id, notice_id, account_id, received_at, op_id)
    values (town, id, (who).account_id, lv.now(), (op).op_id)
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'received_already', 'title', n.title);
    if n.subject = 'case' then
        return lv.receive_case_notice(who, op, n);
    end if;
    if n.subject is distinct from 'meeting' or n.person_id is null then
        return false;
    end if;
    -- Share: all who are asked to a meeting may read of it at once.
    perform from data.meeting as m
    where (m.town_id, m.meeting_id) = (town, n.record_id) and m.state in ('notified', 'open')
    for share;
    if not found then
        return false;
    end if;
    update data.roll_line as r
    set notice = 'sync', notified_on = lv.today()
    where (r.town_id, r.meeting_id, r.person_id, r.notice) = (town, n.record_id, n.person_id, 'none');
    if not found then
        return false;
    end if;
    insert into data.notice_proof (
        town_id, meeting_id, person_id, op_id, notice, notified_on, author_id, device_id, recorded_at
    )
    values (
        town, n.record_id, n.person_id, (op).op_id, 'sync', lv.today(), (who).account_id, (who).device_id, lv.now()
    );
    return true;
end
$$;

-- The addressee's code, or the role; and the code of the record that it is about.
create function lv.notice_to(n data.notice) returns text language sql stable as $$
    select coalesce(
        n.role,
        (select p.code from data.person as p where (p.town_id, p.person_id) = (n.town_id, n.person_id)),
        (select g.code from data.deputy_group as g where (g.town_id, g.group_id) = (n.town_id, n.group_id)),
        (select u.code from data.unit as u where (u.town_id, u.unit_id) = (n.town_id, n.unit_id))
    )
$$;

create function lv.notice_record_code(n data.notice) returns text language sql stable as $$
    select case n.subject
        when 'meeting' then
            (select m.code from data.meeting as m where (m.town_id, m.meeting_id) = (n.town_id, n.record_id))
        when 'feedback' then
            (select f.code from data.feedback as f where (f.town_id, f.feedback_id) = (n.town_id, n.record_id))
        when 'case' then
            (select c.code from data.three_no_case as c where (c.town_id, c.case_id) = (n.town_id, n.record_id))
        when 'follow_up' then
            (select f.code from data.follow_up as f where (f.town_id, f.follow_up_id) = (n.town_id, n.record_id))
        when 'appraisal' then
            (select t.code from data.tally as t where (t.town_id, t.appraisal_id) = (n.town_id, n.record_id))
        when 'paper' then
            (select p.code from data.group_paper as p where (p.town_id, p.paper_id) = (n.town_id, n.record_id))
        when 'room_visit' then
            (select v.code from data.room_visit as v where (v.town_id, v.room_visit_id) = (n.town_id, n.record_id))
        when 'target' then
            (select t.code from data.target as t where (t.town_id, t.target_id) = (n.town_id, n.record_id))
        when 'suggestion' then
            (select s.code from data.suggestion as s where (s.town_id, s.suggestion_id) = (n.town_id, n.record_id))
    end
$$;

create function lv.notices_listed(who data.caller, sent boolean) returns setof data.notice language plpgsql stable as $$
begin
    if sent then
        return query
        select n.* from data.notice as n where (n.town_id, n.sender_id) = (lv.town_id(), (who).account_id);
    else
        return query select n.* from lv.notices_to(who) as n;
    end if;
end
$$;
