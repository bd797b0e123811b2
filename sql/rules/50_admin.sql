-- What the installation's administrators do in towns: design.md sections 6 and 7. They live in town 0, so these
-- functions run as the owner, past row-level security: each demands the role itself and names the town in its own
-- predicates.

create function lv.demand_admin(caller data.caller) returns void language plpgsql stable as $$
begin
    perform lv.demand(caller.role = 'admin' and caller.town_id = 0, 'forbidden', 'not_admin');
end
$$;

create function lv.demand_town(town int) returns void language plpgsql stable as $$
begin
    perform lv.demand(
        exists (select from data.town as t where t.town_id = town), 'not_found', 'town_unknown', 'town', town::text
    );
end
$$;

-- Creates a town; once more with the same values is no error.
create function lv.create_town(caller data.caller, town int, name text, term text, term_starts_on date) returns boolean
language plpgsql security definer set search_path = lv, data, pg_temp as $$
declare
    is_new boolean;
begin
    perform lv.demand_admin(caller);
    perform lv.demand(town between 100000000 and 999999999, 'invalid', 'town_code', 'town', town::text);
    perform lv.demand(name <> '', 'invalid', 'value_missing', 'column', 'name');
    perform lv.demand(term <> '', 'invalid', 'value_missing', 'column', 'term');
    perform lv.demand(term_starts_on is not null, 'invalid', 'value_missing', 'column', 'term_starts_on');
    insert into data.town as t (town_id, name, term, term_starts_on, created_at)
    values (town, create_town.name, create_town.term, create_town.term_starts_on, lv.now())
    on conflict do nothing;
    is_new := found;
    perform lv.demand(
        (t.name, t.term, t.term_starts_on) = (create_town.name, create_town.term, create_town.term_starts_on),
        'conflict', 'town_exists', 'town', town::text, 'name', t.name
    )
    from data.town as t
    where t.town_id = town;
    return is_new;
end
$$;

create function lv.list_towns(caller data.caller, page_limit int, after text)
returns table (town_id int, name text, term text, term_starts_on date, next text)
language plpgsql stable security definer set search_path = lv, data, pg_temp as $$
begin
    perform lv.demand_admin(caller);
    perform lv.demand(coalesce(after, '0') ~ '^[0-9]{1,9}$', 'invalid', 'bad_after', 'after', after);
    return query
    select t.town_id, t.name, t.term, t.term_starts_on,
        case when count(*) over () > lv.page(page_limit) then t.town_id::text end
    from data.town as t
    where t.town_id > coalesce(after, '0')::int
    order by t.town_id
    limit lv.page(page_limit);
end
$$;

-- An account fits its role: design.md section 7. Who is named must be of the same town.
create function lv.create_account(
    caller data.caller, town int, account_id uuid, login text, password text, role text, person_id uuid, group_id uuid,
    unit_id uuid
)
returns uuid language plpgsql security definer set search_path = lv, data, pg_temp as $$
#variable_conflict use_variable
begin
    perform lv.demand_admin(caller);
    perform lv.demand_town(town);
    perform lv.demand(account_id is not null, 'invalid', 'value_missing', 'column', 'account_id');
    perform lv.demand(login ~ '^\S+$', 'invalid', 'login_malformed', 'login', login);
    perform lv.demand(role is not null, 'invalid', 'value_missing', 'column', 'role');
    perform lv.demand((role = 'admin') = (town = 0), 'invalid', 'role_town', 'role', role, 'town', town::text);
    perform lv.demand(
        person_id is not null or role <> 'deputy', 'invalid', 'account_without_person', 'role', role
    );
    perform lv.demand(
        group_id is not null or role not in ('clerk', 'leader'), 'invalid', 'account_without_group', 'role', role
    );
    perform lv.demand(unit_id is not null or role <> 'unit', 'invalid', 'account_without_unit', 'role', role);
    perform lv.demand(
        group_id is null or role in ('clerk', 'leader', 'deputy'), 'invalid', 'account_with_group', 'role', role
    );
    perform lv.demand(unit_id is null or role = 'unit', 'invalid', 'account_with_unit', 'role', role);
    perform lv.demand(
        person_id is null or exists (select from data.person as p where (p.town_id, p.person_id) = (town, person_id)),
        'not_found', 'person_unknown', 'person', person_id::text
    );
    perform lv.demand(
        group_id is null
            or exists (select from data.deputy_group as g where (g.town_id, g.group_id) = (town, group_id)),
        'not_found', 'group_unknown', 'group', group_id::text
    );
    perform lv.demand(
        unit_id is null or exists (select from data.unit as u where (u.town_id, u.unit_id) = (town, unit_id)),
        'not_found', 'unit_unknown', 'unit', unit_id::text
    );
    insert into data.account as a (
        town_id, account_id, login, role, person_id, group_id, unit_id, password_hash, created_at
    )
    values (town, account_id, login, role, person_id, group_id, unit_id, password, lv.now())
    on conflict do nothing;
    if not found then
        perform lv.demand(
            not exists (select from data.account as a where (a.town_id, a.login) = (town, login)),
            'conflict', 'login_taken', 'login', login
        );
        perform lv.refuse('conflict', 'account_exists', 'account', account_id::text);
    end if;
    return account_id;
end
$$;

-- A new password ends every session of the account and any lock on its name.
create function lv.set_password(caller data.caller, town int, login text, password text) returns uuid
language plpgsql security definer set search_path = lv, data, pg_temp as $$
declare
    account uuid;
begin
    perform lv.demand_admin(caller);
    perform lv.demand(password <> '', 'invalid', 'value_missing', 'column', 'password');
    update data.account as a
    set password_hash = password, sessions_end_at = now()
    where (a.town_id, a.login) = (town, set_password.login) and a.revoked_at is null
    returning a.account_id into account;
    perform lv.demand(account is not null, 'not_found', 'account_unknown', 'login', login);
    delete from data.session_token as s where (s.town_id, s.account_id) = (town, account);
    delete from data.login_failure as f where (f.town_id, f.login) = (town, set_password.login);
    perform pg_notify('lvzhi', format('account %s %s', town, account)); -- the daemons end its sessions
    return account;
end
$$;

-- Revoked twice is revoked once: the first day and reason stand.
create function lv.revoke_account(caller data.caller, town int, login text, reason text) returns uuid
language plpgsql security definer set search_path = lv, data, pg_temp as $$
declare
    account uuid;
begin
    perform lv.demand_admin(caller);
    perform lv.demand(reason <> '', 'invalid', 'reason_missing');
    select a.account_id
    into account
    from data.account as a
    where (a.town_id, a.login) = (town, revoke_account.login);
    perform lv.demand(account is not null, 'not_found', 'account_unknown', 'login', login);
    perform lv.demand(
        (town, account) <> (caller.town_id, caller.account_id), 'conflict', 'account_own', 'login', login
    );
    update data.account as a
    set revoked_at = lv.now(), revoke_reason = reason, sessions_end_at = now()
    where (a.town_id, a.account_id) = (town, account) and a.revoked_at is null;
    delete from data.session_token as s where (s.town_id, s.account_id) = (town, account);
    perform pg_notify('lvzhi', format('account %s %s', town, account));
    return account;
end
$$;

create function lv.list_accounts(caller data.caller, town int, page_limit int, after text)
returns table (
    account_id uuid, login text, role text, person_id uuid, group_id uuid, unit_id uuid, created_at timestamptz,
    revoked_at timestamptz, next text
)
language plpgsql stable security definer set search_path = lv, data, pg_temp as $$
begin
    perform lv.demand_admin(caller);
    perform lv.demand_town(town);
    return query
    select a.account_id, a.login, a.role, a.person_id, a.group_id, a.unit_id, a.created_at, a.revoked_at,
        case when count(*) over () > lv.page(page_limit) then a.login end
    from data.account as a
    where a.town_id = town and a.login collate "C" > coalesce(after, '')
    order by a.login collate "C"
    limit lv.page(page_limit);
end
$$;

-- The code for Enrol is good once and for a day.
create function lv.create_device(caller data.caller, town int, device_id uuid, name text, code_hash bytea)
returns timestamptz
language plpgsql security definer set search_path = lv, data, pg_temp as $$
declare
    expires timestamptz := lv.now() + interval '24 hours';
begin
    perform lv.demand_admin(caller);
    perform lv.demand_town(town);
    perform lv.demand(device_id is not null, 'invalid', 'value_missing', 'column', 'device_id');
    perform lv.demand(name <> '', 'invalid', 'value_missing', 'column', 'name');
    perform lv.demand(octet_length(code_hash) = 32, 'invalid', 'code_malformed');
    insert into data.device as d (town_id, device_id, name, code_hash, code_expires_at, created_at)
    values (town, create_device.device_id, create_device.name, create_device.code_hash, expires, lv.now())
    on conflict do nothing;
    perform lv.demand(found, 'conflict', 'device_exists', 'device', device_id::text);
    return expires;
end
$$;

-- Revoked twice is revoked once. Its code dies with it.
create function lv.revoke_device(caller data.caller, town int, device_id uuid, reason text) returns uuid
language plpgsql security definer set search_path = lv, data, pg_temp as $$
begin
    perform lv.demand_admin(caller);
    perform lv.demand(reason <> '', 'invalid', 'reason_missing');
    perform lv.demand(
        exists (select from data.device as d where (d.town_id, d.device_id) = (town, revoke_device.device_id)),
        'not_found', 'device_unknown', 'device', device_id::text
    );
    update data.device as d
    set revoked_at = lv.now(), revoke_reason = reason, code_hash = null, code_expires_at = null
    where (d.town_id, d.device_id) = (town, revoke_device.device_id) and d.revoked_at is null;
    delete from data.session_token as s where (s.town_id, s.device_id) = (town, revoke_device.device_id);
    perform pg_notify('lvzhi', format('device %s %s', town, revoke_device.device_id));
    return device_id;
end
$$;

create function lv.list_devices(caller data.caller, town int, page_limit int, after text)
returns table (
    device_id uuid, name text, created_at timestamptz, enrolled_at timestamptz, revoked_at timestamptz, next text
)
language plpgsql stable security definer set search_path = lv, data, pg_temp as $$
begin
    perform lv.demand_admin(caller);
    perform lv.demand_town(town);
    perform lv.demand(
        coalesce(after, gen_random_uuid()::text) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
        'invalid', 'bad_after', 'after', after
    );
    return query
    select d.device_id, d.name, d.created_at, d.enrolled_at, d.revoked_at,
        case when count(*) over () > lv.page(page_limit) then d.device_id::text end
    from data.device as d
    where d.town_id = town and (after is null or d.device_id > after::uuid)
    order by d.device_id
    limit lv.page(page_limit);
end
$$;
