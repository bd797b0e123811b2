-- Personal information of villagers (PIPL art. 19, 44-47; domain.md B3): how long it is kept, and what a resident may
-- ask for. The matter stays; what ends is who said it, in place and for good. A row's salt goes with it, so that nobody
-- can find by trying what the seals' hashes once were of.

create function lv.has_identity(i data.feedback_identity) returns boolean language sql immutable as $$
    select coalesce(
        num_nonnulls(nullif(i.resident_name, ''), nullif(i.resident_phone, ''), nullif(i.address, '')) > 0, false
    )
$$;

-- Is anything held of who said it: name, phone or address, or a text from before names were made unreadable in it?
create function lv.is_identity_held(feedback uuid) returns boolean language sql stable cost 1000 as $$
    select
        exists (
            select from data.feedback_identity as i
            where (i.town_id, i.feedback_id) = (lv.town_id(), feedback) and lv.has_identity(i)
        ) or exists (
            select from data.redaction as r
            where (r.town_id, r.feedback_id) = (lv.town_id(), feedback) and r.original is not null
        )
$$;

-- The day on which a matter was over; a merged one with the one that carries it. Null: it is not.
create function lv.matter_over_on(f data.feedback, lead data.feedback) returns date language sql immutable as $$
    select case
        when (f).state = 'merged' and (lead).feedback_id is not null then case
            when (lead).state in ('closed', 'withdrawn', 'void')
                then coalesce((lead).closed_on, (lead).state_since, (lead).received_on)
        end
        when (f).state in ('closed', 'withdrawn', 'void')
            then coalesce((f).closed_on, (f).state_since, (f).received_on)
    end
$$;

-- Identities whose time is over on a day.
create function lv.identities_due(day date)
returns table (feedback_id uuid, code text, group_code text, deputy_code text, over_on date, until_on date)
language plpgsql stable as $$
declare
    months int := 12 * lv.setting('identity_years', day)::int;
begin
    return query
    select f.feedback_id, f.code, g.code, p.code, o.over_on, lv.add_months(o.over_on, months)
    from data.feedback as f
    join data.deputy_group as g on (g.town_id, g.group_id) = (f.town_id, f.group_id)
    join data.person as p on (p.town_id, p.person_id) = (f.town_id, f.deputy_id)
    left join data.feedback as l on (l.town_id, l.feedback_id) = (f.town_id, f.lead_id)
    cross join lateral (select lv.matter_over_on(f, l) as over_on) as o
    where
        f.town_id = lv.town_id() and f.state in ('closed', 'withdrawn', 'void', 'merged')
        and lv.add_months(o.over_on, months) <= identities_due.day and lv.is_identity_held(f.feedback_id);
end
$$;

-- Ends what is held about who said it, and keeps that it was ended, when, by whom and why.
create function lv.end_identity(
    who data.caller, op data.op, feedback uuid, of_cause text, of_reason text, request uuid
) returns void language plpgsql volatile as $$
declare
    i data.feedback_identity;
    texts int;
begin
    select * into i
    from data.feedback_identity as d
    where (d.town_id, d.feedback_id) = ((who).town_id, feedback)
    for no key update;
    update data.redaction as r
    set original = null
    where (r.town_id, r.feedback_id) = ((who).town_id, feedback) and r.original is not null;
    get diagnostics texts = row_count;
    insert into data.identity_change (
        town_id, op_id, feedback_id, cause, fields, reason, request_id, author_id, device_id, changed_at
    )
    values (
        (who).town_id, (op).op_id, feedback, of_cause,
        array_remove(array[
            case when i.resident_name is not null then 'resident_name' end,
            case when i.resident_phone is not null then 'resident_phone' end,
            case when i.address is not null then 'resident_address' end,
            case when texts > 0 then 'original_text' end
        ], null),
        of_reason, request, (who).account_id, (who).device_id, lv.now()
    );
    update data.feedback_identity as d
    set (resident_name, resident_phone, address, may_share, salt) = (null, null, null, false, null)
    where (d.town_id, d.feedback_id) = ((who).town_id, feedback);
end
$$;

-- Ends the identities named, or all whose time is over.
create function lv.expire_identities(who data.caller, op data.op, ids uuid[], note text)
returns table (expired int, codes text[]) language plpgsql volatile as $$
declare
    today date := lv.today();
    early text;
    one record;
begin
    early := (
        select f.code
        from unnest(ids) as n (id)
        join data.feedback as f on (f.town_id, f.feedback_id) = ((who).town_id, n.id)
        where n.id not in (select d.feedback_id from lv.identities_due(today) as d)
        order by f.code
        limit 1
    );
    perform lv.demand(
        early is null, 'conflict', 'identity_not_due', 'feedback', early,
        'years', lv.setting('identity_years', today)::int::text
    );
    expired := 0;
    codes := '{}';
    for one in
        select d.* from lv.identities_due(today) as d
        where coalesce(cardinality(ids), 0) = 0 or d.feedback_id = any (ids)
        order by d.code
    loop
        perform lv.end_identity(
            who, op, one.feedback_id, 'expired',
            coalesce(nullif(trim(note), ''), '保存期满：' || one.until_on), null
        );
        expired := expired + 1;
        codes := codes || one.code;
    end loop;
    return next;
end
$$;

-- Requests.

create function lv.personal_found(id uuid, personal_code text) returns data.personal_request
language plpgsql stable as $$
declare
    r data.personal_request;
begin
    select * into r
    from data.personal_request as d
    where
        d.town_id = lv.town_id()
        and case when id is null then d.code = personal_code else d.request_id = id end;
    perform lv.demand(
        r.request_id is not null, 'not_found', 'personal_unknown', 'personal', coalesce(personal_code, id::text, '')
    );
    return r;
end
$$;

-- Clerks and leaders see those about their group's items and those they took themselves.
create function lv.personal_in_scope(who data.caller, r data.personal_request) returns boolean
language sql stable as $$
    select
        (who).role in ('office', 'chair', 'auditor')
        or (r).taken_by = (who).account_id
        or exists (
            select from data.feedback as f
            where (f.town_id, f.feedback_id) = ((r).town_id, (r).feedback_id) and f.group_id = (who).group_id
        )
$$;

-- Takes a request down. With the receipt any room may, as it may say how the matter stands.
create function lv.ask_personal(
    who data.caller, op data.op, id uuid, feedback uuid, by_receipt text, of_kind text, of_asker text, of_proof text,
    of_note text
) returns table (code text, due_on date) language plpgsql volatile as $$
declare
    today date := lv.today();
    f data.feedback;
begin
    perform lv.demand_step(who, 'personal', 'request', 'new', '');
    perform lv.demand_value(id is not null, 'request_id');
    perform lv.demand_value(of_kind is not null, 'kind');
    perform lv.demand_value(length(trim(of_asker)) >= 2, 'asker');
    perform lv.demand_value(length(trim(of_proof)) >= 2, 'proof');
    perform lv.demand_value(feedback is not null or nullif(by_receipt, '') is not null, 'receipt');
    select * into f
    from data.feedback as d
    where (d.town_id, d.feedback_id) = ((who).town_id, coalesce(feedback, lv.feedback_by_receipt(by_receipt)));
    perform lv.demand(
        f.feedback_id is not null, 'not_found', 'feedback_unknown', 'feedback', coalesce(feedback::text, '')
    );
    if nullif(by_receipt, '') is null then
        perform lv.demand_scope(who, f.group_id, f.deputy_id, f.unit_id, 'feedback', f.code);
    else
        perform lv.demand(
            f.receipt = lv.receipt_printed(by_receipt), 'invalid', 'receipt_of_another', 'feedback', f.code
        );
    end if;
    code := lv.next_code('personal');
    due_on := lv.add_working_days(today, lv.setting('personal_request_days', today)::int);
    insert into data.personal_request (
        town_id, request_id, code, kind, feedback_id, asker, proof, note, state, taken_by, taken_on, due_on
    )
    values (
        (who).town_id, id, ask_personal.code, of_kind, f.feedback_id, trim(of_asker), trim(of_proof),
        nullif(trim(of_note), ''), 'requested', (who).account_id, today, ask_personal.due_on
    )
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'personal_exists', 'personal', id::text);
    perform lv.add_step(
        who, op, 'personal', id, 'request', 'new', 'requested', nullif(trim(of_note), ''),
        jsonb_build_object('kind', of_kind, 'feedback', f.code)
    );
    return next;
end
$$;

-- Puts right what is held. What it was is kept as a digest under the row's salt, which dies with the row's data.
create function lv.correct_identity(
    who data.caller, op data.op, r data.personal_request, name text, phone text, address text, share boolean
) returns void language plpgsql volatile as $$
declare
    i data.feedback_identity;
begin
    perform lv.demand_value(num_nonnulls(name, phone, address, share) > 0, 'resident_name');
    insert into data.feedback_identity (town_id, feedback_id, notice_given)
    values ((who).town_id, (r).feedback_id, true)
    on conflict do nothing;
    select * into i
    from data.feedback_identity as d
    where (d.town_id, d.feedback_id) = ((who).town_id, (r).feedback_id)
    for no key update;
    insert into data.identity_change (
        town_id, op_id, feedback_id, cause, fields, before_digest, reason, request_id, author_id, device_id, changed_at
    )
    values (
        (who).town_id, (op).op_id, (r).feedback_id, 'corrected',
        array_remove(array[
            case when name is not null then 'resident_name' end,
            case when phone is not null then 'resident_phone' end,
            case when address is not null then 'resident_address' end,
            case when share is not null then 'may_share' end
        ], null),
        sha256(
            uuid_send(i.salt)
            || convert_to(row(i.resident_name, i.resident_phone, i.address, i.may_share)::text, 'UTF8')
        ),
        '本人要求更正', (r).request_id, (who).account_id, (who).device_id, lv.now()
    );
    update data.feedback_identity as d
    set
        resident_name = case when name is null then d.resident_name else nullif(trim(name), '') end,
        resident_phone = case when phone is null then d.resident_phone else nullif(trim(phone), '') end,
        address = case when correct_identity.address is null then d.address
            else nullif(trim(correct_identity.address), '') end,
        may_share = coalesce(share, d.may_share), salt = coalesce(d.salt, gen_random_uuid())
    where (d.town_id, d.feedback_id) = ((who).town_id, (r).feedback_id);
end
$$;

-- The reason under which a look for a request is kept.
create function lv.access_reason(r data.personal_request) returns text language sql immutable as $$
    select '本人要求查询 ' || (r).code
$$;

create function lv.move_personal(
    who data.caller, op data.op, id uuid, do_action text, new_note text, name text, phone text, address text,
    share boolean
) returns table (state text, still_open boolean) language plpgsql volatile as $$
declare
    today date := lv.today();
    r data.personal_request;
    f data.feedback;
begin
    perform lv.personal_found(id, null);
    select * into strict r
    from data.personal_request as d
    where (d.town_id, d.request_id) = ((who).town_id, id)
    for no key update;
    select * into strict f from data.feedback as d where (d.town_id, d.feedback_id) = (r.town_id, r.feedback_id);
    new_note := nullif(trim(new_note), '');
    perform lv.demand_step(who, 'personal', do_action, r.state, r.code);
    perform lv.demand(
        lv.personal_in_scope(who, r), 'forbidden', 'not_yours', 'subject', 'personal', 'code', r.code,
        'role', (who).role
    );
    perform lv.demand(
        do_action not in ('grant', 'refuse') or not lv.is_same_actor(who, r.taken_by), 'forbidden',
        'decide_own_request', 'personal', r.code
    );
    perform lv.demand_value(new_note is not null or do_action not in ('refuse', 'withdraw'), 'note');
    perform lv.demand(
        case do_action
            when 'give' then r.kind in ('access', 'copy')
            when 'correct' then r.kind = 'correct'
            when 'erase' then r.kind = 'erase'
            else true
        end,
        'conflict', 'personal_other_kind', 'personal', r.code, 'kind', r.kind, 'action', do_action
    );
    if do_action = 'give' then
        -- Handed over is what was looked up for it; where nobody's name is held there was nothing to look up.
        perform lv.demand(
            exists (
                select from data.identity_look as k
                where (k.town_id, k.feedback_id) = (r.town_id, r.feedback_id) and k.reason = lv.access_reason(r)
            )
            or not exists (
                select from data.feedback_identity as i
                where (i.town_id, i.feedback_id) = (r.town_id, r.feedback_id) and lv.has_identity(i)
            ),
            'conflict', 'personal_not_looked', 'personal', r.code
        );
    elsif do_action = 'correct' then
        perform lv.correct_identity(who, op, r, name, phone, address, share);
    elsif do_action = 'erase' then
        perform lv.demand(
            lv.is_identity_held(r.feedback_id), 'not_found', 'no_identity', 'feedback', f.code
        );
        perform lv.end_identity(who, op, r.feedback_id, 'erased', '本人要求删除', r.request_id);
        still_open := f.state not in ('closed', 'withdrawn', 'void');
    end if;
    state := case do_action
        when 'grant' then 'granted' when 'refuse' then 'refused' when 'withdraw' then 'withdrawn' else 'done'
    end;
    update data.personal_request as d
    set
        state = move_personal.state,
        decided_on = case when do_action in ('grant', 'refuse') then today else d.decided_on end,
        decision_note = case when do_action in ('grant', 'refuse') then new_note else d.decision_note end,
        done_on = case when move_personal.state = 'done' then today else d.done_on end
    where (d.town_id, d.request_id) = (r.town_id, r.request_id);
    perform lv.add_step(who, op, 'personal', id, do_action, r.state, move_personal.state, new_note);
    return next;
end
$$;

-- What is held about who asks, for them to see: who they are, what they said, who looked and what was done to it. The
-- look is kept as every look is.
create function lv.access_personal(who data.caller, id uuid)
returns table (
    role text, reason text, looked_us timestamptz, code text, feedback_code text, received_on date, topic text,
    text text, state text, over_on date, until_on date, resident_name text, resident_phone text,
    resident_address text, may_share boolean, notice_given boolean
) language plpgsql volatile as $$
#variable_conflict use_column
declare
    r data.personal_request := lv.personal_found(id, null);
    f data.feedback;
    l data.feedback;
    i data.feedback_identity;
    is_held boolean;
begin
    perform lv.demand(r.kind in ('access', 'copy'), 'conflict', 'personal_other_kind', 'personal', r.code,
        'kind', r.kind, 'action', 'give');
    perform lv.demand(
        r.state = 'granted', 'conflict', 'not_in_this_state', 'subject', 'personal', 'code', r.code,
        'action', 'give', 'state', r.state, 'states', 'granted'
    );
    select * into strict f from data.feedback as d where (d.town_id, d.feedback_id) = (r.town_id, r.feedback_id);
    select * into l from data.feedback as d where (d.town_id, d.feedback_id) = (f.town_id, f.lead_id);
    is_held := exists (
        select from data.feedback_identity as d
        where (d.town_id, d.feedback_id) = (r.town_id, r.feedback_id) and lv.has_identity(d)
    );
    if is_held then
        i := lv.reveal_identity(who, r.feedback_id, lv.access_reason(r));
    end if;
    return query
    select
        a.role, k.reason, k.looked_at, null::text, null::text, null::date, null::text, null::text, null::text,
        null::date, null::date, null::text, null::text, null::text, null::boolean, null::boolean
    from data.identity_look as k
    join data.account as a on (a.town_id, a.account_id) = (k.town_id, k.account_id)
    where (k.town_id, k.feedback_id) = (r.town_id, r.feedback_id)
    order by k.looked_at, k.look_id;
    return query
    select
        null::text, null::text, null::timestamptz, r.code, f.code, f.received_on, f.topic, f.text, f.state,
        lv.matter_over_on(f, l),
        lv.add_months(lv.matter_over_on(f, l), 12 * lv.setting('identity_years', lv.today())::int),
        i.resident_name, i.resident_phone, i.address, i.may_share, i.notice_given;
end
$$;

-- Requests to decide on and to carry out, and identities whose time is over: one line for all of those.
create function lv.todo_personal(who data.caller) returns setof lv.todo language plpgsql stable as $$
begin
    return query
    select
        'personal', case r.state when 'requested' then 'todo_personal_decide' else 'todo_personal_do' end,
        r.request_id, r.code, f.code, null::text, coalesce(r.decided_on, r.taken_on), r.due_on
    from data.personal_request as r
    join data.feedback as f on (f.town_id, f.feedback_id) = (r.town_id, r.feedback_id)
    where
        r.town_id = lv.town_id()
        and case r.state
            when 'requested' then (who).role in ('office', 'chair') and not lv.is_same_actor(who, r.taken_by)
            when 'granted' then (who).role = 'office'
            else false
        end;
    return query
    select 'personal', 'todo_identity_expire', null::uuid, min(d.code), count(*)::text, null::text, null::date,
        min(d.until_on)
    from lv.identities_due(lv.today()) as d
    where (who).role = 'office'
    having count(*) > 0;
end
$$;
