-- Row-level security and grants, applied anew after every migration: each table with a town_id shows the daemon only
-- the rows of the town that its segment has set; town 0's administrators reach towns through functions of the owner.
-- The daemon's role is :daemon_role; it may read, insert and update; delete only what holds no record.
do $$
declare
    daemon_role text := current_setting('lv.daemon_role');
    t record;
    added text;
    emptied text;
begin
    -- A plain view reads as its owner, who sees every town.
    for t in
        select c.relname from pg_class as c
        where c.relnamespace = 'lv'::regnamespace and c.relkind = 'v'
            and not coalesce(c.reloptions @> array['security_invoker=true'], false)
    loop
        raise exception 'view lv.% must be created with (security_invoker = true)', t.relname;
    end loop;
    revoke execute on all functions in schema lv from public;
    execute format('grant usage on schema data, lv to %I', daemon_role);
    execute format('grant execute on all functions in schema lv to %I', daemon_role);
    execute format('grant select on all tables in schema lv to %I', daemon_role);
    for t in
        select c.oid, c.relname, a.attnum is not null as has_town
        from pg_class as c
        left join pg_attribute as a on a.attrelid = c.oid and a.attname = 'town_id' and not a.attisdropped
        where c.relnamespace = 'data'::regnamespace and c.relkind in ('r', 'p')
    loop
        execute format('revoke all on data.%I from %I', t.relname, daemon_role);
        if not t.has_town then
            execute format('grant select on data.%I to %I', t.relname, daemon_role);
            continue;
        end if;
        execute format('grant select, insert, update on data.%I to %I', t.relname, daemon_role);
        execute format('alter table data.%I enable row level security', t.relname);
        execute format('alter table data.%I force row level security', t.relname);
        execute format('drop policy if exists own_town on data.%I', t.relname);
        execute format(
            'create policy own_town on data.%I'
            ' using (town_id = nullif(current_setting(''app.town'', true), '''')::int)',
            t.relname
        );
    end loop;
    -- What is only ever added.
    foreach added in array array[
        'operation',
        'attendance_mark',
        'correction',
        'step',
        'minutes',
        'card_version',
        'decision',
        'notice_proof',
        'suggestion_wording',
        'notice',
        'notice_receipt',
        'identity_look',
        'report_paragraph',
        'kept_report',
        'export',
        'follow_up_item',
        'tally_count',
        'handout',
        'room_visit_point',
        'target_line',
        'target_entry',
        'target_result',
        'rate',
        'budget_line',
        'household_past',
        'score_line',
        'score_entry',
        'score_frozen',
        'rule_set',
        'register_line',
        'register_seal',
        'register_print',
        'room_number',
        'room_number_note',
        'handover',
        'attachment_chunk',
        'attachment_look',
        'sheet',
        'sheet_row',
        'sheet_entry',
        'sheet_entry_mark',
        'case_version',
        'case_decision',
        'seal',
        'seal_leaf',
        'seal_shape',
        'identity_change',
        'change'
    ] loop
        execute format('revoke update on data.%I from %I', added, daemon_role);
    end loop;
    -- What holds no record of its own.
    foreach emptied in array array[
        'session_token',
        'login_failure',
        'import_row',
        'upload_chunk',
        'upload',
        'suggestion_proposer',
        'household_helper'
    ] loop
        execute format('grant delete on data.%I to %I', emptied, daemon_role);
    end loop;
    execute format('grant usage on all sequences in schema data to %I', daemon_role);
end
$$;
