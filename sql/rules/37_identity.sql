-- Who said it: apart from what was said, shown to few, for a reason, and every look is kept (PIPL art. 6, 17, 51).

-- May the caller look at who is behind this item? A refusal, or nothing.
create function lv.demand_identity(who data.caller, f data.feedback) returns void language plpgsql stable as $$
declare
    today date := lv.today();
    s lv.default_settings := lv.settings(today);
begin
    perform lv.demand_scope(who, f.group_id, f.deputy_id, f.unit_id, 'feedback', f.code);
    if (who).role = 'clerk' then
        perform lv.demand(
            f.taken_by = (who).account_id, 'forbidden', 'identity_not_taken', 'feedback', f.code
        );
        perform lv.demand(
            today <= f.received_on + s.feedback_identity_days, 'forbidden', 'identity_too_late', 'feedback', f.code,
            'days', s.feedback_identity_days::text
        );
    elsif (who).role = 'unit' then
        perform lv.demand(
            exists (select from lv.feedback_seen(who) as d where d.feedback_id = f.feedback_id), 'forbidden',
            'not_yours', 'subject', 'feedback', 'code', f.code, 'role', (who).role
        );
        perform lv.demand(
            exists (
                select from data.feedback_identity as i
                where (i.town_id, i.feedback_id) = (f.town_id, f.feedback_id) and i.may_share
            ),
            'forbidden', 'identity_not_shared', 'feedback', f.code
        );
    end if;
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
    insert into data.identity_look (town_id, feedback_id, account_id, device_id, reason, looked_at)
    values (f.town_id, f.feedback_id, (who).account_id, (who).device_id, trim(reason), lv.now());
    return i;
end
$$;
