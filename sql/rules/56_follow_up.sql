-- What an inspection, a law check, a research, a deliberation or a work review leads to: its report is forwarded to a
-- unit, which plans, acts and answers, and somebody looks again (Deputies Law art. 31, domain.md A6 and E3). Which step
-- leads where and whose it is stands in 21_transitions.sql.

-- What a step names beside the record: MoveFollowUpRequest's fields.
create type lv.follow_up_move as (
    note text,
    unit_id uuid,
    item_texts text[],
    item_days date[],
    day_on date
);

-- One notice about a record, to whoever of these is named.
create function lv.tell(
    who data.caller, op data.op, of_subject text, record uuid, title text, body text, person uuid, to_group uuid,
    unit uuid, to_role text
) returns void language sql volatile as $$
    insert into data.notice (
        town_id, notice_id, person_id, group_id, unit_id, role, subject, record_id, title, text, sent_at, sender_id,
        op_id
    )
    select
        (who).town_id, gen_random_uuid(), person, to_group, unit, to_role, of_subject, record, title,
        coalesce(body, ''), lv.now(), (who).account_id, (op).op_id
    where num_nonnulls(person, to_group, unit, to_role) = 1
$$;

create function lv.has_follow_up(kind text) returns boolean language sql immutable as $$
    select kind in ('inspection', 'law_check', 'research', 'deliberation', 'work_review')
$$;

-- Days.

-- The day by which the state that `f` has just come into should be left. Of a deliberation there is no plan: its
-- opinions are answered by a report.
create function lv.follow_up_step_due(f data.follow_up, kind text, today date) returns date
language sql stable as $$
    select case f.state
        when 'draft' then lv.add_working_days(today, s.follow_up_forward_days)
        when 'forwarded' then case kind when 'deliberation' then f.answer_due_on else f.plan_due_on end
        when 'planned' then f.answer_due_on
        when 'answered' then lv.add_working_days(today, s.follow_up_recheck_days)
        when 'recheck' then f.recheck_on
    end
    from lv.settings(today) as s
$$;

create function lv.follow_up_lateness(f data.follow_up, today date) returns text language sql immutable as $$
    select lv.lateness(f.step_due_on, today) where f.state not in ('done', 'void')
$$;

-- What is seen.

-- Rooms: their group's activities and the whole town's. Deputies: those they were asked to. Units: what was forwarded
-- to them.
create function lv.follow_ups_seen(who data.caller) returns setof data.follow_up language sql stable as $$
    select f.*
    from data.follow_up as f
    where
        f.town_id = lv.town_id()
        and case
            when (who).role in ('office', 'chair', 'auditor') then true
            when (who).role = 'unit' then f.unit_id = (who).unit_id
            else exists (select from lv.meetings_seen(who) as m where m.meeting_id = f.meeting_id)
        end
$$;

-- The one of this id, or of this code, or a refusal.
create function lv.follow_up_found(who data.caller, id uuid, follow_up_code text) returns uuid
language plpgsql stable as $$
declare
    found uuid := (
        select f.follow_up_id
        from data.follow_up as f
        where
            f.town_id = lv.town_id()
            and case when id is null then f.code = follow_up_code else f.follow_up_id = id end
    );
begin
    perform lv.demand(
        found is not null, 'not_found', 'follow_up_unknown', 'follow_up', coalesce(id::text, follow_up_code, '')
    );
    perform lv.demand(
        exists (select from lv.follow_ups_seen(who) as f where f.follow_up_id = found), 'forbidden', 'not_yours',
        'subject', 'follow_up', 'code', coalesce(follow_up_code, id::text), 'role', (who).role
    );
    return found;
end
$$;

create function lv.follow_up_shown(f data.follow_up) returns table (
    follow_up_id uuid, code text, meeting_code text, meeting_title text, meeting_kind text, held_on date,
    group_code text, state text, state_since_on date, step_due_on date, lateness text, report text, written_by text,
    unit_code text, forwarded_on date, plan_due_on date, planned_on date, answer_due_on date, answer text,
    answered_on date, recheck_on date, sent_back int, done_on date, void_reason text, suggestions int
) language sql stable as $$
    select
        f.follow_up_id, f.code, m.code, m.title, m.kind, m.held_on, g.code, f.state, f.state_since, f.step_due_on,
        lv.follow_up_lateness(f, lv.today()), f.report, a.login, u.code, f.forwarded_on, f.plan_due_on, f.planned_on,
        f.answer_due_on, f.answer, f.answered_on, f.recheck_on, f.sent_back, f.done_on, f.void_reason,
        (
            select count(*)::int from data.suggestion as s
            where
                (s.town_id, s.origin_meeting_id) = (f.town_id, f.meeting_id) and s.submitted_on is not null
                and s.state not in ('withdrawn', 'void')
        )
    from data.meeting as m
    left join data.deputy_group as g on (g.town_id, g.group_id) = (m.town_id, m.group_id)
    left join data.unit as u on (u.town_id, u.unit_id) = (f.town_id, f.unit_id)
    left join data.account as a on (a.town_id, a.account_id) = (f.town_id, f.written_by)
    where (m.town_id, m.meeting_id) = (f.town_id, f.meeting_id)
$$;

-- The suggestions that arose from its activity, as far as the caller sees them.
create function lv.follow_up_suggestions(who data.caller, f data.follow_up)
returns table (code text, title text, state text, unit_code text, submitted_on date) language sql stable as $$
    select s.code, s.title, s.state, u.code, s.submitted_on
    from lv.suggestions_seen(who) as s
    left join data.unit as u on (u.town_id, u.unit_id) = (s.town_id, s.unit_id)
    where s.origin_meeting_id = f.meeting_id
    order by s.submitted_on, s.code
$$;

-- The steps that the caller could take now.
create function lv.follow_up_actions(who data.caller, f data.follow_up) returns text[] language sql stable as $$
    select coalesce(array_agg(a.action order by a.action), '{}')
    from data.meeting as m
    cross join unnest(lv.actions_open('follow_up', f.state, (who).role)) as a (action)
    where
        (m.town_id, m.meeting_id) = (f.town_id, f.meeting_id) and lv.in_scope(who, m.group_id, null, f.unit_id)
        and case a.action
            when 'forward' then not lv.is_same_actor(who, f.written_by)
            when 'answer' then m.kind = 'deliberation' or f.plan_revision > 0
            else true
        end
$$;

-- The report.

create function lv.write_follow_up(who data.caller, op data.op, id uuid, meeting uuid, new_report text) returns text
language plpgsql volatile as $$
declare
    today date := lv.today();
    f data.follow_up;
    m data.meeting;
begin
    perform lv.demand_value(id is not null, 'follow_up_id');
    new_report := nullif(trim(new_report), '');
    select * into f from data.follow_up as d where (d.town_id, d.follow_up_id) = ((who).town_id, id)
    for no key update;
    m := lv.hold_meeting(coalesce(f.meeting_id, meeting));
    perform lv.demand_step(
        who, 'follow_up', case when f.follow_up_id is null then 'write' else 'change' end, coalesce(f.state, 'new'),
        coalesce(f.code, m.code)
    );
    perform lv.demand_scope(who, m.group_id, null, null, 'meeting', m.code);
    perform lv.demand(lv.has_follow_up(m.kind), 'invalid', 'no_follow_up', 'meeting', m.code, 'meeting_kind', m.kind);
    perform lv.demand(
        m.state in ('closed', 'approved', 'locked'), 'conflict', 'follow_up_not_held', 'meeting', m.code, 'state',
        m.state
    );
    perform lv.demand_value(new_report is not null, 'report');
    if f.follow_up_id is not null then
        update data.follow_up as d set report = new_report, written_by = (who).account_id
        where (d.town_id, d.follow_up_id) = (f.town_id, id);
        perform lv.add_step(
            who, op, 'follow_up', id, 'change', f.state, f.state, null, jsonb_build_object('report_before', f.report)
        );
        return f.code;
    end if;
    f := (
        select d from data.follow_up as d
        where (d.town_id, d.meeting_id) = (m.town_id, m.meeting_id) and d.void_reason is null
    );
    perform lv.demand(f.follow_up_id is null, 'conflict', 'follow_up_exists', 'meeting', m.code, 'follow_up', f.code);
    f.town_id := m.town_id;
    f.follow_up_id := id;
    f.code := lv.next_code('follow_up');
    f.meeting_id := m.meeting_id;
    f.state := 'draft';
    f.report := new_report;
    f.written_by := (who).account_id;
    f.plan_revision := 0;
    f.sent_back := 0;
    f.state_since := today;
    f.step_due_on := lv.follow_up_step_due(f, m.kind, today);
    insert into data.follow_up select (f).*;
    perform lv.add_step(
        who, op, 'follow_up', id, 'write', 'new', f.state, null, jsonb_build_object('meeting', m.code)
    );
    return f.code;
end
$$;

-- The other steps. Each part takes it as it stands (f) and as the step will leave it (n).

create function lv.forward_follow_up(
    who data.caller, f data.follow_up, n data.follow_up, of_meeting data.meeting, v lv.follow_up_move
) returns data.follow_up language plpgsql stable as $$
declare
    today date := lv.today();
    s lv.default_settings := lv.settings(today);
begin
    perform lv.demand(
        not lv.is_same_actor(who, f.written_by), 'forbidden', 'forward_own_report', 'follow_up', f.code
    );
    n.unit_id := coalesce(v.unit_id, of_meeting.unit_id);
    perform lv.demand_value(n.unit_id is not null, 'unit_id');
    perform lv.demand(
        exists (select from data.unit as u where (u.town_id, u.unit_id) = (f.town_id, n.unit_id)), 'not_found',
        'unit_unknown', 'unit', n.unit_id::text
    );
    n.forwarded_on := today;
    n.plan_due_on := case when of_meeting.kind <> 'deliberation' then today + s.follow_up_plan_days end;
    n.answer_due_on := lv.add_months(today, s.follow_up_answer_months);
    return n;
end
$$;

-- The unit's plan: what it will do, each with its day.
create function lv.plan_follow_up(op data.op, f data.follow_up, n data.follow_up, v lv.follow_up_move)
returns data.follow_up language plpgsql volatile as $$
declare
    today date := lv.today();
    past date := (select min(d.day) from unnest(v.item_days) as d (day));
begin
    perform lv.demand_value(coalesce(cardinality(v.item_texts), 0) > 0, 'items');
    perform lv.demand_value(trim(i.text) <> '', 'item_text'), lv.demand_value(i.day is not null, 'item_due_on')
    from unnest(v.item_texts, v.item_days) as i (text, day);
    perform lv.demand(past >= today, 'invalid', 'day_past', 'day', past::text);
    n.plan_revision := f.plan_revision + 1;
    n.planned_on := today;
    insert into data.follow_up_item (town_id, follow_up_id, revision, position, text, due_on, op_id)
    select f.town_id, f.follow_up_id, n.plan_revision, i.position, trim(i.text), i.day, (op).op_id
    from unnest(v.item_texts, v.item_days) with ordinality as i (text, day, position);
    return n;
end
$$;

-- The look again: on which day, and what was seen on it.
create function lv.recheck_follow_up(f data.follow_up, n data.follow_up, do_action text, v lv.follow_up_move)
returns data.follow_up language plpgsql stable as $$
declare
    today date := lv.today();
begin
    if do_action = 'recheck' then
        n.recheck_on := coalesce(v.day_on, today);
        perform lv.demand(n.recheck_on >= today, 'invalid', 'day_past', 'day', n.recheck_on::text);
        return n;
    end if;
    perform lv.demand(
        today >= f.recheck_on, 'conflict', 'recheck_not_yet', 'follow_up', f.code, 'day', f.recheck_on::text
    );
    if do_action = 'settle' then
        n.done_on := today;
    else
        -- What was answered is in the steps. A deliberation's opinions had no plan to go back to.
        n.state := case when f.plan_revision = 0 then 'forwarded' else 'planned' end;
        n.sent_back := f.sent_back + 1;
        n.answer := null;
        n.answered_on := null;
        n.recheck_on := null;
        n.answer_due_on := lv.add_months(today, lv.setting('follow_up_rehandle_months', today)::int);
    end if;
    return n;
end
$$;

-- Who is told of a step: the unit of what comes to it, the office and the group's room of what comes back.
create function lv.tell_follow_up(
    who data.caller, op data.op, f data.follow_up, of_meeting data.meeting, do_action text, note text
) returns void language plpgsql volatile as $$
declare
    word text := case do_action
        when 'forward' then '请制定整改方案并反馈：'
        when 'return' then '单位退回转办：'
        when 'plan' then '整改方案已报：'
        when 'answer' then '单位已反馈：'
        when 'send_back' then '复查未完成，请继续整改：'
        when 'settle' then '复查已完成：'
        when 'void' then '这件整改已作废：'
    end || of_meeting.title;
    body text := concat_ws('，', f.code, case do_action
        when 'forward' then concat_ws(
            '，', '整改方案期限 ' || f.plan_due_on, '反馈期限 ' || f.answer_due_on, note
        )
        when 'send_back' then concat_ws('，', '反馈期限 ' || f.answer_due_on, note)
        else note
    end);
begin
    if do_action in ('forward', 'send_back', 'settle', 'void') then
        perform lv.tell(who, op, 'follow_up', f.follow_up_id, word, body, null, null, f.unit_id, null);
    elsif do_action in ('return', 'plan', 'answer') then
        perform
            lv.tell(who, op, 'follow_up', f.follow_up_id, word, body, null, null, null, 'office'),
            lv.tell(who, op, 'follow_up', f.follow_up_id, word, body, null, of_meeting.group_id, null, null);
    end if;
end
$$;

create function lv.move_follow_up(
    who data.caller, op data.op, id uuid, do_action text, v lv.follow_up_move,
    out state text, out step_due_on date, out answer_due_on date
) language plpgsql volatile as $$
declare
    today date := lv.today();
    f data.follow_up;
    n data.follow_up;
    m data.meeting;
    leads_to text[];
begin
    select * into f from data.follow_up as d where (d.town_id, d.follow_up_id) = ((who).town_id, id)
    for no key update;
    perform lv.demand(
        f.follow_up_id is not null, 'not_found', 'follow_up_unknown', 'follow_up', coalesce(id::text, '')
    );
    select * into m from data.meeting as d where (d.town_id, d.meeting_id) = (f.town_id, f.meeting_id);
    perform lv.demand_step(who, 'follow_up', do_action, f.state, f.code);
    perform lv.demand_scope(who, m.group_id, null, f.unit_id, 'follow_up', f.code);
    v.note := nullif(trim(v.note), '');
    perform lv.demand_value(
        v.note is not null or do_action not in ('return', 'answer', 'settle', 'send_back', 'void'), 'note'
    );
    leads_to := (
        select t.to_states from lv.transition as t
        where t.subject = 'follow_up' and t.action = do_action and f.state = any (t.from_states)
    );
    n := f;
    n.state := leads_to[1];
    case do_action
        when 'forward' then
            n := lv.forward_follow_up(who, f, n, m, v);
        when 'return' then
            n.unit_id := null;
            n.forwarded_on := null;
            n.plan_due_on := null;
            n.answer_due_on := null;
        when 'plan' then
            perform lv.demand(m.kind <> 'deliberation', 'conflict', 'deliberation_unplanned', 'follow_up', f.code);
            n := lv.plan_follow_up(op, f, n, v);
        when 'answer' then
            perform lv.demand(
                m.kind = 'deliberation' or f.plan_revision > 0, 'conflict', 'plan_first', 'follow_up', f.code
            );
            n.answer := v.note;
            n.answered_on := today;
        when 'recheck', 'settle', 'send_back' then
            n := lv.recheck_follow_up(f, n, do_action, v);
        when 'void' then
            n.void_reason := v.note;
    end case;
    n.state_since := case when n.state = f.state then f.state_since else today end;
    n.step_due_on := lv.follow_up_step_due(n, m.kind, today);
    update data.follow_up as d
    set
        state = n.state, unit_id = n.unit_id, forwarded_on = n.forwarded_on, plan_due_on = n.plan_due_on,
        plan_revision = n.plan_revision, planned_on = n.planned_on, answer_due_on = n.answer_due_on,
        answer = n.answer, answered_on = n.answered_on, recheck_on = n.recheck_on, sent_back = n.sent_back,
        done_on = n.done_on, step_due_on = n.step_due_on, state_since = n.state_since, void_reason = n.void_reason
    where (d.town_id, d.follow_up_id) = (f.town_id, id);
    perform lv.add_step(
        who, op, 'follow_up', id, do_action, f.state, n.state, v.note,
        jsonb_build_object(
            'unit', case when do_action in ('forward', 'return') then
                (lv.unit_codes(array[coalesce(n.unit_id, f.unit_id)]))[1]
            end,
            'plan_due_on', case do_action when 'forward' then n.plan_due_on end,
            'answer_due_on', case when do_action in ('forward', 'send_back') then n.answer_due_on end,
            'plan_revision', case do_action when 'plan' then n.plan_revision end,
            'recheck_on', case do_action when 'recheck' then n.recheck_on end
        )
    );
    perform lv.tell_follow_up(who, op, case do_action when 'return' then f else n end, m, do_action, v.note);
    state := n.state;
    step_due_on := n.step_due_on;
    answer_due_on := n.answer_due_on;
end
$$;
