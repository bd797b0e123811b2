-- Devices, logins and tokens, for the daemon's own session code: design.md section 7, wire.md. All of the current town.

-- The numbers of it. A lock comes with the fifth failure in a row and doubles with each further one.
create view lv.session_limit with (security_invoker = true) as
select
    5 as failures, interval '1 minute' as first_lock, interval '30 minutes' as longest_lock,
    interval '12 hours' as idle, interval '7 days' as life;

-- Changes when the database is restored or a standby promoted. The time line comes from the log position itself: a
-- standby just promoted has no checkpoint of its new one yet. A dump restored beside the old database has another oid.
create function lv.epoch_id() returns uuid language sql stable as $$
    select md5(concat_ws(
        ' ', s.system_identifier, d.oid, i.installation_id,
        case
            when pg_is_in_recovery() then (select c.timeline_id::text from pg_control_checkpoint() as c)
            else left(pg_walfile_name(pg_current_wal_lsn()), 8)
        end
    ))::uuid
    from pg_control_system() as s
    cross join data.installation as i
    join pg_database as d on d.datname = current_database()
$$;

create function lv.session_device(device_id uuid)
returns table (public_key bytea, revoked boolean, device_seq bigint)
language sql stable as $$
    select
        d.public_key, d.revoked_at is not null,
        coalesce(
            (
                select o.device_seq
                from data.operation as o
                where o.town_id = d.town_id and o.device_id = d.device_id and o.device_seq is not null
                order by o.device_seq desc
                limit 1
            ),
            0
        )
    from data.device as d
    where d.town_id = lv.town_id() and d.device_id = session_device.device_id
$$;

-- Failures without a device are kept under the nil UUID.
create function lv.session_failure_device(device_id uuid) returns uuid language sql immutable as $$
    select coalesce(device_id, '00000000-0000-0000-0000-000000000000')
$$;

create function lv.session_locked_ms(locked_until timestamptz) returns bigint language sql stable as $$
    select greatest(ceil(extract(epoch from coalesce(locked_until, lv.now()) - lv.now()) * 1000), 0)::bigint
$$;

-- One row for any login: an unknown or revoked one has no account, and its lock is as real.
create function lv.session_account(login text, device_id uuid)
returns table (
    account_id uuid, role text, person_id uuid, group_id uuid, unit_id uuid, password_hash text, locked_ms bigint
)
language sql stable as $$
    select
        a.account_id, a.role, a.person_id, a.group_id, a.unit_id, a.password_hash,
        lv.session_locked_ms(f.locked_until)
    from (values (session_account.login, lv.session_failure_device(session_account.device_id))) as q (login, device_id)
    left join data.account as a on a.town_id = lv.town_id() and a.login = q.login and a.revoked_at is null
    left join data.login_failure as f on (f.town_id, f.login, f.device_id) = (lv.town_id(), q.login, q.device_id)
$$;

create function lv.session_login_failed(login text, device_id uuid) returns bigint language sql volatile as $$
    insert into data.login_failure as f (town_id, login, device_id, failures, locked_until)
    values (lv.town_id(), login, lv.session_failure_device(device_id), 1, lv.now())
    on conflict on constraint login_failure_pkey do update
    set failures = f.failures + 1,
        locked_until = (
            select case
                when f.failures + 1 < l.failures then lv.now()
                -- past the tenth doubling every lock is the longest
                else lv.now() + least(l.first_lock * 2 ^ least(f.failures + 1 - l.failures, 10), l.longest_lock)
            end
            from lv.session_limit as l
        )
    returning lv.session_locked_ms(f.locked_until)
$$;

-- The password was right: failures are forgotten, a token begins. Null if the account was revoked meanwhile. The same
-- again, where the first commit's end was not heard of, finds the token there and writes it, which waits for the
-- standby.
create function lv.session_login(account_id uuid, login text, device_id uuid, token_hash bytea) returns timestamptz
language plpgsql as $$
#variable_conflict use_variable
declare
    limits lv.session_limit;
    expires timestamptz;
begin
    select * into limits from lv.session_limit;
    delete from data.login_failure as f
    where (f.town_id, f.login, f.device_id) = (lv.town_id(), login, lv.session_failure_device(device_id));
    delete from data.session_token as s
    where (s.town_id, s.account_id) = (lv.town_id(), account_id)
        and (s.expires_at <= lv.now() or s.used_at <= lv.now() - limits.idle);
    insert into data.session_token as s (
        town_id, token_hash, account_id, device_id, created_at, used_at, expires_at
    )
    select a.town_id, token_hash, a.account_id, device_id, lv.now(), lv.now(), lv.now() + limits.life
    from data.account as a
    where (a.town_id, a.account_id) = (lv.town_id(), account_id) and a.revoked_at is null
    on conflict on constraint session_token_pkey do update set used_at = s.used_at
    returning least(s.expires_at, s.used_at + limits.idle) into expires;
    return expires;
end
$$;

-- Whom a token speaks for, or nothing: it is bound to its device, good for seven days, and twelve hours idle end it.
create function lv.session_resume(token_hash bytea, device_id uuid)
returns table (
    town_id int, account_id uuid, login text, role text, person_id uuid, group_id uuid, unit_id uuid, device_id uuid
)
language sql stable as $$
    select a.town_id, a.account_id, a.login, a.role, a.person_id, a.group_id, a.unit_id, s.device_id
    from data.session_token as s
    join data.account as a on (a.town_id, a.account_id) = (s.town_id, s.account_id)
    cross join lv.session_limit as l
    where (s.town_id, s.token_hash) = (lv.town_id(), $1) and s.device_id is not distinct from $2
        and s.expires_at > lv.now() and s.used_at > lv.now() - l.idle and a.revoked_at is null
$$;

create function lv.session_touch(token_hash bytea) returns void language sql volatile as $$
    update data.session_token as s
    set used_at = lv.now()
    where (s.town_id, s.token_hash) = (lv.town_id(), session_touch.token_hash)
$$;

create function lv.session_logout(token_hash bytea) returns void language sql volatile as $$
    delete from data.session_token as s
    where (s.town_id, s.token_hash) = (lv.town_id(), session_logout.token_hash)
$$;

-- Takes the device's key for a code; nothing for a code that is wrong, used, expired or revoked. The same key may come
-- again with its code, for the first answer may have been lost on the line.
create function lv.session_enrol(code_hash bytea, public_key bytea, name text) returns table (device_id uuid)
language sql volatile as $$
    update data.device as d
    set public_key = session_enrol.public_key, name = coalesce(nullif(session_enrol.name, ''), d.name),
        enrolled_at = coalesce(d.enrolled_at, lv.now())
    where (d.town_id, d.code_hash) = (lv.town_id(), session_enrol.code_hash) and d.code_expires_at > lv.now()
        and d.revoked_at is null and octet_length(session_enrol.public_key) = 32
        and coalesce(d.public_key = session_enrol.public_key, true)
    returning d.device_id
$$;

-- What a daemon missed while it could not hear, of all towns, each as its notification says it: accounts whose sessions
-- ended and devices that were revoked in the last seconds, and a schema that is not the daemon's any more. A function
-- of the owner, who sees every town; it tells ids and nothing else.
create function lv.session_revoked(seconds bigint, rules_checksum bytea) returns text
language sql stable security definer set search_path = lv, data, pg_temp as $$
    select string_agg(n.line, e'\n')
    from (
        select format('account %s %s', a.town_id, a.account_id)
        from data.account as a
        where greatest(a.sessions_end_at, a.revoked_at) > now() - make_interval(secs => seconds)
        union all
        select format('device %s %s', d.town_id, d.device_id)
        from data.device as d
        where d.revoked_at > lv.now() - make_interval(secs => seconds)
        union all
        select 'schema'
        from data.migration as m
        where m.version = 0 and m.checksum <> session_revoked.rules_checksum
    ) as n (line)
$$;
