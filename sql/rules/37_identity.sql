-- Who said it: apart from what was said, shown to few, for a reason, and every look is kept (PIPL art. 6, 17, 51).

-- Why the caller may not know who is behind this item; null: they may.
create function lv.identity_bar(who data.caller, f data.feedback) returns text language plpgsql stable as $$
begin
    return case
        when not lv.in_scope(who, f.group_id, f.deputy_id, f.unit_id) then 'not_yours'
        when (who).role = 'clerk' and f.taken_by is distinct from (who).account_id then 'identity_not_taken'
        when
            (who).role = 'clerk'
            and lv.today() > f.received_on + lv.setting('feedback_identity_days', lv.today())::int
            then 'identity_too_late'
        when
            (who).role = 'unit'
            and not exists (select from lv.feedback_seen(who) as d where d.feedback_id = f.feedback_id)
            then 'not_yours'
        when
            (who).role = 'unit'
            and not exists (
                select from data.feedback_identity as i
                where (i.town_id, i.feedback_id) = (f.town_id, f.feedback_id) and i.may_share
            )
            then 'identity_not_shared'
    end;
end
$$;

-- May the caller look at who is behind this item? A refusal, or nothing.
create function lv.demand_identity(who data.caller, f data.feedback) returns void language plpgsql stable as $$
declare
    bar text := lv.identity_bar(who, f);
begin
    perform case
        when bar = 'not_yours'
            then lv.refuse('forbidden', bar, 'subject', 'feedback', 'code', f.code, 'role', (who).role)
        when bar is not null then lv.refuse(
            'forbidden', bar, 'feedback', f.code, 'days', lv.setting('feedback_identity_days', lv.today())::text
        )
    end;
end
$$;

-- Shows an identity and keeps the look, together or not at all.
create function lv.reveal_identity(who data.caller, feedback uuid, reason text) returns data.feedback_identity
language plpgsql volatile as $$
declare
    f data.feedback;
    i data.feedback_identity;
begin
    select * into f from data.feedback as d where (d.town_id, d.feedback_id) = ((who).town_id, feedback);
    perform lv.demand(
        f.feedback_id is not null, 'not_found', 'feedback_unknown', 'feedback', coalesce(feedback::text, '')
    );
    perform lv.demand_identity(who, f);
    perform lv.demand(length(trim(reason)) >= 2, 'invalid', 'look_reason_needed', 'feedback', f.code);
    select * into i from data.feedback_identity as d where (d.town_id, d.feedback_id) = (f.town_id, f.feedback_id);
    perform lv.demand(i.feedback_id is not null, 'not_found', 'no_identity', 'feedback', f.code);
    perform lv.refuse(
        'not_found', 'identity_ended', 'feedback', f.code, 'day', (c.changed_at at time zone t.time_zone)::date::text,
        'reason', c.reason
    )
    from data.identity_change as c
    join data.town as t on t.town_id = c.town_id
    where (c.town_id, c.feedback_id) = (f.town_id, f.feedback_id) and c.cause <> 'corrected' and i.salt is null;
    insert into data.identity_look (town_id, feedback_id, account_id, device_id, reason, looked_at)
    values (f.town_id, f.feedback_id, (who).account_id, (who).device_id, trim(reason), lv.now());
    return i;
end
$$;
