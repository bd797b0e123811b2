-- What villagers say (选民意见), from the slip to the end: domain.md E2. Which step leads where and whose it is stands
-- in 21_transitions.sql; here is what each step needs and leaves behind. Who said it: 37_identity.sql.

-- What a step names beside the record: MoveFeedbackRequest's fields.
create type lv.feedback_move as (
    note text,
    unit_id uuid,
    co_unit_ids uuid[],
    due_on date,
    lead_code text,
    suggestion_code text,
    reply_class text,
    promised_on date,
    rating text,
    day_on date
);

-- Days.

-- The day by which the state that `f` has just come into should be left. `contacted`: the unit has spoken with the
-- villager or the deputy since it was given the item.
create function lv.feedback_step_due(f data.feedback, today date, contacted boolean) returns date
language sql stable as $$
    select case
        when f.state in ('registered', 'screening') then lv.add_working_days(today, s.feedback_screen_days)
        when f.state = 'need_info' then lv.add_working_days(today, s.feedback_info_days)
        when f.state = 'explained' then lv.add_working_days(today, s.feedback_explain_days)
        when f.state = 'redirected' then lv.add_working_days(today, s.feedback_deliver_days)
        when f.state in ('assigned', 'returned') then lv.add_working_days(today, s.feedback_return_days)
        when f.state in ('accepted', 'handling') and not contacted
            then lv.add_working_days(today, s.feedback_contact_days)
        when f.state in ('accepted', 'handling', 'extended') then coalesce(f.extended_to, f.due_on)
        when f.state = 'replied' and f.reply_checked_on is null
            then lv.add_working_days(today, s.feedback_check_days)
        when f.state = 'replied' then lv.add_working_days(today, s.feedback_deliver_days)
        when f.state in ('delivered', 'wait_rating') then lv.add_working_days(today, s.feedback_rate_days)
        when f.state = 'rehandle' then lv.add_months(today, s.feedback_rehandle_months)
        when f.state = 'promised' then f.promised_on
        when f.state = 'escalated' then lv.add_working_days(today, s.feedback_escalate_days)
        when f.state = 'reopened' then lv.add_working_days(today, s.feedback_assign_days)
    end
    from lv.settings(today) as s
$$;

-- How late an item is: by its step, and by the answer's day while the villager waits for one; the worse.
create function lv.feedback_lateness(f data.feedback, today date) returns text language sql immutable as $$
    select levels.of[greatest(
        array_position(levels.of, lv.lateness(f.step_due_on, today)),
        array_position(levels.of, case
            when f.state in ('assigned', 'returned', 'accepted', 'handling', 'extended')
                then lv.lateness(coalesce(f.extended_to, f.due_on), today)
        end)
    )]
    from (select array['soon', 'late', 'very_late', 'overdue'] as of) as levels
    where f.state not in ('closed', 'withdrawn', 'void', 'merged')
$$;

-- Days since it was first given to a unit: no return, new unit or reopening begins them anew.
create function lv.feedback_age(f data.feedback, today date) returns int language sql immutable as $$
    select coalesce(f.closed_on, today) - coalesce(f.first_assigned_on, f.assigned_on)
    where f.state not in ('withdrawn', 'void')
$$;

-- What is seen.

-- Clerks and leaders: their group's. Deputies: their own. Units: what they were given, alone or with others, once it
-- has been screened.
create function lv.feedback_seen(who data.caller) returns setof data.feedback language sql stable as $$
    select f.*
    from data.feedback as f
    where
        f.town_id = lv.town_id()
        and case
            when (who).role = 'unit' then
                f.state not in ('draft', 'registered', 'screening', 'need_info')
                and (f.unit_id = (who).unit_id or (who).unit_id = any (f.co_unit_ids))
            else lv.in_scope(who, f.group_id, f.deputy_id, f.unit_id)
        end
$$;

-- The item of this id, or of this code, or a refusal.
create function lv.feedback_found(who data.caller, id uuid, feedback_code text) returns uuid
language plpgsql stable as $$
declare
    found uuid := (
        select f.feedback_id
        from data.feedback as f
        where
            f.town_id = lv.town_id()
            and case when id is null then f.code = feedback_code else f.feedback_id = id end
    );
begin
    perform lv.demand(
        found is not null, 'not_found', 'feedback_unknown', 'feedback', coalesce(id::text, feedback_code)
    );
    perform lv.demand(
        exists (select from lv.feedback_seen(who) as f where f.feedback_id = found), 'forbidden', 'not_yours',
        'subject', 'feedback', 'code', coalesce(feedback_code, id::text), 'role', (who).role
    );
    return found;
end
$$;

create function lv.unit_codes(ids uuid[]) returns text[] language sql stable as $$
    select coalesce(array_agg(u.code order by i.position), '{}')
    from unnest(ids) with ordinality as i (unit_id, position)
    join data.unit as u on (u.town_id, u.unit_id) = (lv.town_id(), i.unit_id)
$$;

-- An item as ListFeedback and GetFeedback show it to this caller: the fields of lvzhi.v1.Feedback but `actions`.
create function lv.feedback_shown(who data.caller, f data.feedback) returns table (
    feedback_id uuid, code text, group_code text, deputy_code text, deputy_name text, received_on date, topic text,
    text text, state text, state_since_on date, step_due_on date, unit_code text, co_unit_codes text[],
    first_assigned_on date, assigned_on date, due_on date, extension_asked_to_on date, extended_to_on date,
    reply_class text, reply text, replied_on date, reply_checked_on date, promised_on date, delivered_on date,
    rating text, rating_reason text, rehandled int, closed_on date, close_reason text, lead_code text,
    suggestion_code text, receipt text, age_days int, lateness text, merged_codes text[], room_no text
) language sql stable as $$
    select
        f.feedback_id, f.code, g.code, p.code, p.name, f.received_on, f.topic, f.text, f.state, f.state_since,
        f.step_due_on, u.code, lv.unit_codes(f.co_unit_ids), coalesce(f.first_assigned_on, f.assigned_on),
        f.assigned_on, f.due_on, f.extension_asked_to, f.extended_to, f.reply_class, f.reply, f.replied_on,
        f.reply_checked_on, f.promised_on, f.delivered_on, f.rating, f.rating_reason, f.rehandled, f.closed_on,
        coalesce(f.void_reason, f.close_reason), l.code, s.code,
        case when (who).role in ('clerk', 'leader', 'deputy', 'office') then f.receipt end,
        lv.feedback_age(f, lv.today()), lv.feedback_lateness(f, lv.today()),
        array(
            select c.code from data.feedback as c
            where c.town_id = f.town_id and c.lead_id = f.feedback_id
            order by c.code
        ),
        lv.room_no_of(f.feedback_id)
    from data.deputy_group as g
    join data.person as p on (p.town_id, p.person_id) = (f.town_id, f.deputy_id)
    left join data.unit as u on (u.town_id, u.unit_id) = (f.town_id, f.unit_id)
    left join data.feedback as l on (l.town_id, l.feedback_id) = (f.town_id, f.lead_id)
    left join data.suggestion as s on (s.town_id, s.suggestion_id) = (f.town_id, f.suggestion_id)
    where (g.town_id, g.group_id) = (f.town_id, f.group_id)
$$;

-- Receipts: what the villager takes home. Crockford's base32, so that it can be read out and typed in.

create function lv.receipt_printed(typed text) returns text language plpgsql immutable as $$
declare
    code text := translate(regexp_replace(upper(typed), '[^0-9A-Z]', '', 'g'), 'ILO', '110');
begin
    return case when length(code) = 8 then left(code, 4) || '-' || right(code, 4) end;
end
$$;

create function lv.new_receipt() returns text language plpgsql volatile as $$
declare
    bits bit(40);
    printed text;
begin
    loop
        -- The first 48 bits of a version 4 UUID are random.
        bits := ('x' || left(encode(uuid_send(gen_random_uuid()), 'hex'), 10))::bit(40);
        printed := lv.receipt_printed((
            select string_agg(
                substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + substring(bits from 5 * n + 1 for 5)::int, 1), ''
                order by n
            )
            from generate_series(0, 7) as n
        ));
        exit when not exists (
            select from data.feedback as f where f.town_id = lv.town_id() and f.receipt = printed
        );
    end loop;
    return printed;
end
$$;

-- The item that a receipt is for, as it was typed.
create function lv.feedback_by_receipt(typed text) returns uuid language plpgsql stable as $$
declare
    found uuid := (
        select f.feedback_id from data.feedback as f
        where f.town_id = lv.town_id() and f.receipt = lv.receipt_printed(typed)
    );
begin
    perform lv.demand(found is not null, 'not_found', 'receipt_unknown', 'receipt', coalesce(typed, ''));
    return found;
end
$$;

-- Registering.

-- The group and the deputy of a new item: a room's and a leader's group is their own, a deputy carries it themselves.
create function lv.feedback_bearer(
    who data.caller, inout group_id uuid, inout deputy_id uuid, received_on date
) language plpgsql stable as $$
declare
    g data.deputy_group;
    p data.person;
begin
    if (who).role in ('clerk', 'leader') then
        group_id := coalesce(group_id, (who).group_id);
    elsif (who).role = 'deputy' then
        deputy_id := coalesce(deputy_id, (who).person_id);
        group_id := coalesce(group_id, (
            select m.group_id from lv.mandates_in_force(deputy_id, received_on) as m
            order by m.level desc, m.code
            limit 1
        ));
    end if;
    perform lv.demand_value(deputy_id is not null, 'deputy_id');
    perform lv.demand_value(group_id is not null or (who).role = 'deputy', 'group_id');
    select * into g from data.deputy_group as d
    where (d.town_id, d.group_id) = ((who).town_id, feedback_bearer.group_id);
    select * into p from data.person as d
    where (d.town_id, d.person_id) = ((who).town_id, feedback_bearer.deputy_id);
    perform lv.demand(
        g.group_id is not null or group_id is null, 'not_found', 'group_unknown', 'group', group_id::text
    );
    perform lv.demand(p.person_id is not null, 'not_found', 'person_unknown', 'person', deputy_id::text);
    perform lv.demand_scope(
        who, group_id, deputy_id, null, 'feedback', case (who).role when 'deputy' then p.code else g.code end
    );
    perform lv.demand(
        lv.stands_in_group(deputy_id, group_id, received_on)
        and exists (
            select from lv.mandate_days as d
            where (d.town_id, d.person_id) = ((who).town_id, p.person_id) and d.days @> received_on
        ),
        'invalid', 'deputy_not_of_group', 'person', p.code, 'group', g.code, 'day', received_on::text
    );
end
$$;

create function lv.register_feedback(
    who data.caller, op data.op, feedback uuid, of_group uuid, of_deputy uuid, received date, topic text, said text,
    meeting uuid, resident_name text, resident_phone text, address text, may_share boolean, notice_given boolean,
    written_no text, out code text, out receipt text, out room_no text
) language plpgsql volatile as $$
declare
    today date := lv.today();
    f data.feedback;
    m data.meeting;
    bearer record;
    identified boolean := coalesce(resident_name, '') || coalesce(resident_phone, '') || coalesce(address, '') <> '';
begin
    perform lv.demand_step(who, 'feedback', 'register', 'new', '');
    perform lv.demand_value(feedback is not null, 'feedback_id');
    perform lv.demand_value(trim(topic) <> '', 'topic');
    perform lv.demand_value(trim(said) <> '', 'text');
    f.received_on := coalesce(received, today);
    perform lv.demand(f.received_on <= today, 'invalid', 'day_in_future', 'day', f.received_on::text);
    perform lv.demand_term_open(f.received_on);
    select * into bearer from lv.feedback_bearer(who, of_group, of_deputy, f.received_on);
    if meeting is not null then
        select * into m from data.meeting as d where (d.town_id, d.meeting_id) = ((who).town_id, meeting);
        perform lv.demand(m.meeting_id is not null, 'not_found', 'meeting_unknown', 'meeting', meeting::text);
        perform lv.demand(m.kind = 'voter_reception', 'invalid', 'meeting_not_reception', 'meeting', m.code);
    end if;
    perform lv.demand(not identified or notice_given, 'invalid', 'privacy_notice_needed');
    perform lv.demand(
        not exists (select from data.feedback as d where (d.town_id, d.feedback_id) = ((who).town_id, feedback)),
        'conflict', 'feedback_exists', 'feedback', feedback::text
    );
    f.state := 'registered';
    code := lv.next_code('feedback');
    receipt := lv.new_receipt();
    insert into data.feedback (
        town_id, feedback_id, code, group_id, deputy_id, received_on, topic, text, state, receipt, meeting_id, taken_by,
        state_since, step_due_on
    )
    values (
        (who).town_id, feedback, code, bearer.group_id, bearer.deputy_id, f.received_on, topic, said, f.state, receipt,
        meeting, (who).account_id, today, lv.feedback_step_due(f, today, false)
    );
    if identified then
        insert into data.feedback_identity (
            town_id, feedback_id, resident_name, resident_phone, address, may_share, notice_given
        )
        values (
            (who).town_id, feedback, nullif(trim(resident_name), ''), nullif(trim(resident_phone), ''),
            nullif(trim(address), ''), coalesce(may_share, false), notice_given
        );
    end if;
    if lv.is_numbered(who, bearer.group_id, written_no) then
        room_no := lv.take_room_no(op, bearer.group_id, 'feedback', feedback, written_no);
    end if;
    perform lv.add_step(
        who, op, 'feedback', feedback, 'register', 'new', f.state, null,
        jsonb_build_object(
            'received_on', f.received_on, 'meeting', m.code, 'notice_given', notice_given, 'room_no', room_no
        )
    );
end
$$;

-- Steps. Each part takes the item as it stands (f) and as the step will leave it (n), with n.state as the table says.

-- Until it is with a unit: screening, merging, what needs no unit, and what ends before it began.
create function lv.take_in_feedback(
    who data.caller, f data.feedback, n data.feedback, do_action text, m lv.feedback_move
) returns data.feedback language plpgsql volatile as $$
declare
    today date := lv.today();
    lead data.feedback;
    s data.suggestion;
begin
    if do_action in ('merge', 'withdraw', 'void') then
        perform lv.demand(
            not exists (
                select from data.feedback as c
                where c.town_id = f.town_id and c.lead_id = f.feedback_id and c.state not in ('withdrawn', 'void')
            ),
            'conflict', case do_action when 'merge' then 'merge_chain' else 'leads_others' end, 'feedback', f.code
        );
    end if;
    case do_action
        when 'register' then
            n.receipt := coalesce(f.receipt, lv.new_receipt());
            n.taken_by := coalesce(f.taken_by, (who).account_id);
        when 'give_up' then
            perform lv.demand(
                coalesce(f.step_due_on < today, true), 'conflict', 'info_awaited', 'feedback', f.code, 'day',
                f.step_due_on::text
            );
            n.closed_on := today;
            n.close_reason := m.note;
        when 'merge' then
            perform lv.demand_value(m.lead_code <> '', 'lead_code');
            select * into lead from data.feedback as d where (d.town_id, d.code) = (f.town_id, m.lead_code)
            for no key update;
            perform lv.demand(
                lead.feedback_id is not null, 'not_found', 'feedback_unknown', 'feedback', m.lead_code
            );
            perform lv.demand(lead.feedback_id <> f.feedback_id, 'invalid', 'merge_self', 'feedback', f.code);
            perform lv.demand(lead.lead_id is null, 'conflict', 'merge_chain', 'feedback', lead.code);
            perform lv.demand(
                lead.state not in ('draft', 'merged', 'withdrawn', 'void', 'closed'), 'conflict', 'lead_not_open',
                'feedback', lead.code, 'state', lead.state
            );
            n.lead_id := lead.feedback_id;
            -- The earliest of their days is everybody's; least() passes over what is null.
            update data.feedback as d
            set
                due_on = least(d.due_on, f.extended_to, f.due_on),
                extended_to = case
                    when d.extended_to is not null then least(d.extended_to, coalesce(f.extended_to, f.due_on))
                end,
                step_due_on = case
                    when d.state in ('handling', 'extended')
                        then least(d.step_due_on, coalesce(f.extended_to, f.due_on))
                    else d.step_due_on
                end
            where (d.town_id, d.feedback_id) = (lead.town_id, lead.feedback_id) and f.due_on is not null;
        when 'unmerge' then
            n.lead_id := null;
        when 'explain' then
            n.reply_class := 'explained';
            n.reply := m.note;
            n.replied_on := today;
        when 'promote' then
            perform lv.demand_value(m.suggestion_code <> '', 'suggestion_code');
            select * into s from data.suggestion as d where (d.town_id, d.code) = (f.town_id, m.suggestion_code);
            perform lv.demand(
                s.suggestion_id is not null, 'not_found', 'suggestion_unknown', 'suggestion', m.suggestion_code
            );
            perform lv.demand(
                s.origin_feedback_id = f.feedback_id and s.state not in ('withdrawn', 'void'), 'invalid',
                'suggestion_not_of_feedback', 'suggestion', s.code, 'feedback', f.code
            );
            n.suggestion_id := s.suggestion_id;
        when 'withdraw' then
            perform lv.demand(
                (who).role = 'deputy' or f.taken_by is null or lv.is_same_actor(who, f.taken_by), 'forbidden',
                'not_the_recorder', 'feedback', f.code
            );
            n.close_reason := m.note;
        when 'void' then
            n.void_reason := m.note;
        else
            null; -- submit, screen, ask_info, give_info, redirect: the state and the note say it all
    end case;
    return n;
end
$$;

-- A unit begins with a clock of its own. The same unit again after a return: the return was not accepted, and its clock
-- has never stopped.
create function lv.assign_feedback(f data.feedback, n data.feedback, m lv.feedback_move) returns data.feedback
language plpgsql stable as $$
declare
    today date := lv.today();
    s lv.default_settings := lv.settings(today);
    id uuid;
begin
    perform lv.demand_value(m.unit_id is not null, 'unit_id');
    foreach id in array m.unit_id || m.co_unit_ids loop
        perform lv.demand(
            exists (select from data.unit as u where (u.town_id, u.unit_id) = (f.town_id, id)), 'not_found',
            'unit_unknown', 'unit', id::text
        );
        perform lv.demand(
            cardinality(array_positions(m.unit_id || m.co_unit_ids, id)) = 1, 'invalid', 'unit_twice', 'unit',
            (lv.unit_codes(array[id]))[1]
        );
    end loop;
    perform lv.demand(m.due_on >= today or m.due_on is null, 'invalid', 'day_past', 'day', m.due_on::text);
    n.co_unit_ids := coalesce(m.co_unit_ids, '{}');
    n.first_assigned_on := coalesce(f.first_assigned_on, f.assigned_on, today);
    if f.state = 'returned' and f.unit_id = m.unit_id then
        perform lv.demand_value(m.note <> '', 'note');
        n.due_on := coalesce(m.due_on, f.due_on);
        return n;
    end if;
    n.unit_id := m.unit_id;
    n.assigned_on := today;
    n.due_on := coalesce(m.due_on, today + s.feedback_reply_days);
    if f.first_assigned_on is null and f.assigned_on is null then
        n.due_on := least(n.due_on, f.due_on); -- of one that was merged into it
    end if;
    n.extended_to := null;
    n.extension_asked_to := null;
    return n;
end
$$;

-- The last day that an extension may be granted to, and a demand that this one is not later, and not for nothing.
create function lv.demand_extension(f data.feedback, to_on date) returns void language plpgsql stable as $$
declare
    today date := lv.today();
    s lv.default_settings := lv.settings(today);
    due date := coalesce(f.due_on, coalesce(f.assigned_on, today) + s.feedback_reply_days);
begin
    perform lv.demand(
        f.extended_to is null, 'conflict', 'extended_already', 'feedback', f.code, 'day', f.extended_to::text
    );
    perform lv.demand(to_on >= today, 'invalid', 'day_past', 'day', to_on::text);
    perform lv.demand(
        to_on > due, 'invalid', 'extension_not_later', 'feedback', f.code, 'day', to_on::text, 'due', due::text
    );
    perform lv.demand(
        to_on <= due + s.feedback_extend_days, 'invalid', 'extension_too_long', 'feedback', f.code, 'day',
        to_on::text, 'last', (due + s.feedback_extend_days)::text
    );
end
$$;

-- With a unit, until its answer has been checked.
create function lv.handle_feedback(f data.feedback, n data.feedback, do_action text, m lv.feedback_move)
returns data.feedback language plpgsql volatile as $$
declare
    today date := lv.today();
begin
    case do_action
        when 'assign' then
            n := lv.assign_feedback(f, n, m);
        when 'contact' then
            perform lv.demand(
                coalesce(m.day_on <= today, true), 'invalid', 'day_in_future', 'day', m.day_on::text
            );
            n.state := case f.state when 'accepted' then 'handling' else f.state end;
        when 'ask_extension' then
            perform lv.demand_value(m.due_on is not null, 'due_on');
            perform lv.demand_extension(f, m.due_on);
            n.extension_asked_to := m.due_on;
        when 'extend' then
            perform lv.demand(
                f.extension_asked_to is not null, 'conflict', 'extension_not_asked', 'feedback', f.code
            );
            n.extended_to := coalesce(m.due_on, f.extension_asked_to);
            perform lv.demand_extension(f, n.extended_to);
            n.extension_asked_to := null;
        when 'refuse_extension' then
            perform lv.demand(
                f.extension_asked_to is not null, 'conflict', 'extension_not_asked', 'feedback', f.code
            );
            n.extension_asked_to := null;
        when 'reply' then
            perform lv.demand_value(m.reply_class is not null, 'reply_class');
            perform lv.demand_value(m.reply_class <> 'planned' or m.promised_on is not null, 'promised_on');
            perform lv.demand(
                m.reply_class <> 'planned' or m.promised_on > today, 'invalid', 'promise_not_ahead', 'day',
                m.promised_on::text
            );
            n.reply_class := m.reply_class;
            n.reply := m.note;
            n.replied_on := today;
            n.promised_on := case m.reply_class when 'planned' then m.promised_on end;
            n.extension_asked_to := null;
            -- What was said of an earlier answer is in the steps.
            n.reply_checked_on := null;
            n.delivered_on := null;
            n.rating := null;
            n.rating_reason := null;
        when 'check_reply' then
            perform lv.demand(
                f.reply_checked_on is null, 'conflict', 'checked_already', 'feedback', f.code, 'day',
                f.reply_checked_on::text
            );
            n.reply_checked_on := today;
        when 'send_back' then
            n.reply_class := null;
            n.reply := null;
            n.replied_on := null;
            n.promised_on := null;
            n.reply_checked_on := null;
        when 'supervise' then
            perform lv.demand(f.unit_id is not null, 'conflict', 'no_unit', 'feedback', f.code);
            perform lv.demand(m.due_on >= today or m.due_on is null, 'invalid', 'day_past', 'day', m.due_on::text);
            if m.due_on is not null then
                n.due_on := m.due_on;
                n.extended_to := null;
            end if;
        else
            null; -- return, accept, escalate
    end case;
    return n;
end
$$;

-- Told to the villager, and what they think of it.
create function lv.deliver_feedback(f data.feedback, n data.feedback, m lv.feedback_move) returns data.feedback
language plpgsql stable as $$
declare
    today date := lv.today();
    lead data.feedback;
begin
    if f.state = 'merged' then
        select * into lead from data.feedback as d where (d.town_id, d.feedback_id) = (f.town_id, f.lead_id);
        perform lv.demand(
            lead.reply_checked_on is not null or lead.delivered_on is not null, 'conflict', 'lead_not_replied',
            'feedback', f.code, 'lead', lead.code
        );
        n.unit_id := coalesce(lead.unit_id, f.unit_id); -- who would have to do it again
        n.reply_class := lead.reply_class;
        n.reply := lead.reply;
        n.replied_on := lead.replied_on;
        n.reply_checked_on := lead.reply_checked_on;
        n.promised_on := lead.promised_on;
    elsif f.state = 'replied' then
        perform lv.demand(f.reply_checked_on is not null, 'conflict', 'reply_not_checked', 'feedback', f.code);
    end if;
    n.delivered_on := coalesce(m.day_on, today);
    perform lv.demand(n.delivered_on <= today, 'invalid', 'day_in_future', 'day', n.delivered_on::text);
    perform lv.demand(
        coalesce(n.delivered_on >= n.replied_on, true), 'invalid', 'delivered_before_reply', 'feedback', f.code, 'day',
        n.delivered_on::text, 'replied', n.replied_on::text
    );
    n.rating := null; -- of an answer before this one
    n.rating_reason := null;
    return n;
end
$$;

create function lv.rate_feedback(f data.feedback, n data.feedback, m lv.feedback_move) returns data.feedback
language plpgsql stable as $$
begin
    perform lv.demand_value(m.rating is not null, 'rating');
    perform lv.demand_value(m.rating <> 'dissatisfied' or m.note <> '', 'note');
    perform lv.demand(
        f.state <> 'wait_rating' or f.rating is null, 'conflict', 'rated_already', 'feedback', f.code, 'rating',
        f.rating
    );
    n.rating := m.rating;
    n.rating_reason := m.note;
    n.state := case
        when m.rating = 'dissatisfied' and (f.rehandled > 0 or f.unit_id is null) then 'escalated'
        when m.rating = 'dissatisfied' then 'rehandle'
        when f.reply_class = 'planned' and f.promised_on is not null then 'promised'
        else 'wait_rating'
    end;
    n.rehandled := f.rehandled + (n.state = 'rehandle')::int;
    return n;
end
$$;

-- Whether the office may close it from where it stands.
create function lv.close_feedback(f data.feedback, n data.feedback, m lv.feedback_move) returns data.feedback
language plpgsql stable as $$
declare
    today date := lv.today();
    s data.suggestion;
begin
    if f.state in ('escalated', 'replied') then
        perform lv.demand_value(m.note <> '', 'note');
    end if;
    case f.state
        when 'promoted' then
            select * into s from data.suggestion as d where (d.town_id, d.suggestion_id) = (f.town_id, f.suggestion_id);
            -- One that came to nothing, or that an import does not name: why it ends here.
            perform lv.demand_value(
                s.state not in ('withdrawn', 'void') or m.note <> '', 'note'
            );
            perform lv.demand(
                s.suggestion_id is null
                or s.state in ('closed', 'reported', 'published', 'archived', 'withdrawn', 'void'),
                'conflict', 'suggestion_not_finished', 'feedback', f.code, 'suggestion', s.code, 'state', s.state
            );
        when 'wait_rating' then
            perform lv.demand(
                f.rating is not null or coalesce(f.step_due_on < today, true), 'conflict', 'not_rated_yet', 'feedback',
                f.code, 'day', f.step_due_on::text
            );
            n.rating := coalesce(f.rating, 'not_rated');
        when 'replied' then
            perform lv.demand(f.reply_checked_on is not null, 'conflict', 'reply_not_checked', 'feedback', f.code);
            n.rating := coalesce(f.rating, 'not_rated');
        else
            null; -- redirected, escalated
    end case;
    n.closed_on := today;
    n.close_reason := m.note;
    return n;
end
$$;

-- From the answer to the end, and back.
create function lv.settle_feedback(f data.feedback, n data.feedback, do_action text, m lv.feedback_move)
returns data.feedback language plpgsql stable as $$
declare
    today date := lv.today();
    s lv.default_settings := lv.settings(today);
begin
    case do_action
        when 'deliver' then
            n := lv.deliver_feedback(f, n, m);
        when 'rate' then
            n := lv.rate_feedback(f, n, m);
        when 'keep_promise' then
            n.closed_on := today;
            n.close_reason := m.note;
        when 'close' then
            n := lv.close_feedback(f, n, m);
        when 'reopen' then
            perform lv.demand(
                coalesce(today <= lv.add_months(f.closed_on, s.feedback_reopen_months), true), 'conflict',
                'too_long_closed', 'feedback', f.code, 'day', f.closed_on::text, 'months',
                s.feedback_reopen_months::text
            );
            n.closed_on := null;
            n.close_reason := null;
            n.rating := null;
            n.rating_reason := null;
            n.reply_checked_on := null;
            n.delivered_on := null;
        when 'resume' then
            perform lv.demand(f.unit_id is not null, 'conflict', 'no_unit', 'feedback', f.code);
            perform lv.demand(m.due_on >= today or m.due_on is null, 'invalid', 'day_past', 'day', m.due_on::text);
            n.due_on := coalesce(m.due_on, today + s.feedback_reply_days);
            n.extended_to := null;
            n.extension_asked_to := null;
        else
            null; -- await_rating, break_promise
    end case;
    return n;
end
$$;

-- What its steps' facts may say of an item: codes in place of ids. Texts are the notes of the steps that gave them;
-- the receipt is the villager's.
create function lv.feedback_columns(f data.feedback) returns jsonb language sql stable as $$
    select
        to_jsonb(f) - array[
            'town_id', 'state', 'state_since', 'step_due_on', 'receipt', 'taken_by', 'reply', 'rating_reason',
            'close_reason', 'void_reason', 'unit_id', 'co_unit_ids', 'lead_id', 'suggestion_id'
        ] || jsonb_build_object(
            'unit', (lv.unit_codes(array[f.unit_id]))[1],
            'co_units', nullif(lv.unit_codes(f.co_unit_ids), '{}'),
            'lead', (select l.code from data.feedback as l where (l.town_id, l.feedback_id) = (f.town_id, f.lead_id)),
            'suggestion', (
                select s.code from data.suggestion as s
                where (s.town_id, s.suggestion_id) = (f.town_id, f.suggestion_id)
            )
        )
$$;

-- What a step changed: column -> value, column_before -> the value that it replaced. When an item goes to a unit or
-- comes back, the unit and its clock in any case.
create function lv.feedback_facts(f data.feedback, n data.feedback) returns jsonb language sql stable as $$
    select coalesce(jsonb_object_agg(c.key, c.value), '{}')
    from jsonb_each(lv.feedback_columns(f)) as b
    join jsonb_each(lv.feedback_columns(n)) as a on a.key = b.key
    cross join lateral (
        values
        (
            a.key, a.value,
            a.value <> b.value or n.state in ('assigned', 'returned') and a.key in ('unit', 'assigned_on')
        ),
        (b.key || '_before', b.value, a.value <> b.value)
    ) as c (key, value, told)
    where c.told
$$;

-- One step of an item.
create function lv.move_feedback(
    who data.caller, op data.op, feedback uuid, do_action text, m lv.feedback_move,
    out state text, out due_on date, out step_due_on date
) language plpgsql volatile as $$
declare
    needs_note constant text[] := array[
        'ask_info', 'give_info', 'give_up', 'unmerge', 'explain', 'redirect', 'return', 'contact', 'ask_extension',
        'refuse_extension', 'reply', 'send_back', 'deliver', 'keep_promise', 'break_promise', 'escalate', 'supervise',
        'reopen', 'withdraw', 'void'
    ];
    today date := lv.today();
    f data.feedback;
    n data.feedback;
    leads_to text[];
    contacted boolean;
    facts jsonb;
begin
    select * into f from data.feedback as d where (d.town_id, d.feedback_id) = ((who).town_id, feedback)
    for no key update;
    perform lv.demand(
        f.feedback_id is not null, 'not_found', 'feedback_unknown', 'feedback', coalesce(feedback::text, '')
    );
    perform lv.demand_step(who, 'feedback', do_action, f.state, f.code);
    perform lv.demand_scope(who, f.group_id, f.deputy_id, f.unit_id, 'feedback', f.code);
    m.note := nullif(trim(m.note), '');
    perform lv.demand_value(m.note is not null or do_action <> all (needs_note), 'note');

    leads_to := (
        select t.to_states from lv.transition as t
        where t.subject = 'feedback' and t.action = do_action and f.state = any (t.from_states)
        and (who).role = any (t.roles)
    );
    n := f;
    n.state := case leads_to[1] when '=' then f.state else leads_to[1] end;
    n := case
        when do_action in (
            'assign', 'return', 'accept', 'contact', 'ask_extension', 'extend', 'refuse_extension', 'reply',
            'check_reply', 'send_back', 'escalate', 'supervise'
        ) then lv.handle_feedback(f, n, do_action, m)
        when do_action in (
            'deliver', 'await_rating', 'rate', 'keep_promise', 'break_promise', 'close', 'reopen', 'resume'
        ) then lv.settle_feedback(f, n, do_action, m)
        else lv.take_in_feedback(who, f, n, do_action, m)
    end;

    if n.state <> f.state then
        n.state_since := today;
    end if;
    if n.state <> f.state or do_action in ('contact', 'check_reply') and n.state in ('handling', 'replied') then
        contacted := do_action = 'contact' or do_action not in ('assign', 'supervise', 'resume') and exists (
            select from data.step as s
            where
                (s.town_id, s.record_id, s.action) = (f.town_id, f.feedback_id, 'contact')
                and s.step_no > all (
                    select b.step_no from data.step as b
                    where
                        (b.town_id, b.record_id) = (f.town_id, f.feedback_id)
                        and b.action in ('assign', 'supervise', 'resume')
                )
        );
        n.step_due_on := lv.feedback_step_due(n, today, contacted);
    end if;
    update data.feedback as d
    set
        state = n.state, state_since = n.state_since, step_due_on = n.step_due_on, receipt = n.receipt,
        taken_by = n.taken_by, unit_id = n.unit_id, co_unit_ids = n.co_unit_ids, lead_id = n.lead_id,
        suggestion_id = n.suggestion_id, first_assigned_on = n.first_assigned_on, assigned_on = n.assigned_on,
        due_on = n.due_on, extension_asked_to = n.extension_asked_to, extended_to = n.extended_to,
        reply_class = n.reply_class, reply = n.reply, replied_on = n.replied_on, reply_checked_on = n.reply_checked_on,
        promised_on = n.promised_on, delivered_on = n.delivered_on, rating = n.rating, rating_reason = n.rating_reason,
        rehandled = n.rehandled, closed_on = n.closed_on, close_reason = n.close_reason, void_reason = n.void_reason
    where (d.town_id, d.feedback_id) = (f.town_id, f.feedback_id);

    facts := lv.feedback_facts(f, n);
    if do_action in ('contact', 'deliver') then
        facts := facts || jsonb_build_object('day_on', coalesce(m.day_on, today));
    end if;
    perform lv.add_step(who, op, 'feedback', feedback, do_action, f.state, n.state, m.note, facts);
    state := n.state;
    due_on := coalesce(n.extended_to, n.due_on);
    step_due_on := n.step_due_on;
end
$$;
