-- Towns, who may log in, from which devices, and the ledger of operations.

-- Town 0 is the installation's own: its administrators' accounts, devices and operations, and no records.
create table data.town (
    town_id int primary key check (town_id between 0 and 999999999),
    name text not null,
    term text not null,
    term_starts_on date not null,
    time_zone text not null default 'Asia/Shanghai',
    created_at timestamptz not null default now()
);

create table data.account (
    town_id int not null references data.town,
    account_id uuid not null,
    login text not null check (login <> ''),
    role text not null check (
        role in ('deputy', 'clerk', 'leader', 'office', 'chair', 'unit', 'auditor', 'backup', 'admin')
        and (role = 'admin') = (town_id = 0)
    ),
    person_id uuid,
    group_id uuid,
    unit_id uuid,
    password_hash text, -- null: cannot log in by password (the administrator at the Unix socket)
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    revoke_reason text,
    sessions_end_at timestamptz, -- sessions begun before it are over: revoked, or a new password
    primary key (town_id, account_id),
    unique (town_id, login),
    check (role not in ('clerk', 'leader') or group_id is not null),
    check (role <> 'unit' or unit_id is not null),
    check (role <> 'deputy' or person_id is not null)
);

create table data.device (
    town_id int not null references data.town,
    device_id uuid not null,
    name text not null,
    public_key bytea check (octet_length(public_key) = 32), -- Ed25519; null until enrolled
    code_hash bytea check (octet_length(code_hash) = 32),   -- SHA-256 of the enrolment code
    code_expires_at timestamptz,
    created_at timestamptz not null default now(),
    enrolled_at timestamptz,
    revoked_at timestamptz,
    revoke_reason text,
    primary key (town_id, device_id)
);

create unique index device_code on data.device (town_id, code_hash) where code_hash is not null;

create table data.session_token (
    town_id int not null,
    token_hash bytea not null check (octet_length(token_hash) = 32),
    account_id uuid not null,
    device_id uuid, -- null: a login without a device
    created_at timestamptz not null default now(),
    used_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (town_id, token_hash),
    foreign key (town_id, account_id) references data.account
);

create index session_token_account on data.session_token (town_id, account_id);

-- Failed logins in a row, of one name from one device: never a lock that a stranger elsewhere can close.
create table data.login_failure (
    town_id int not null references data.town,
    login text not null,
    device_id uuid not null, -- the nil UUID: no device
    failures int not null,
    locked_until timestamptz not null,
    primary key (town_id, login, device_id)
);

-- The ledger: every write once, in the transaction of its effect. The engine alone reads and writes it, and it is the
-- audit. `xact` gives an order in which a reader that stops at the oldest running transaction misses nothing.
create table data.operation (
    town_id int not null,
    op_id uuid not null,
    method int not null,
    digest bytea not null,
    reply bytea not null,
    author_id uuid not null,
    device_id uuid,
    device_seq bigint,
    authored_at timestamptz,
    recorded_at timestamptz not null default now(),
    xact xid8 not null default pg_current_xact_id(),
    primary key (town_id, op_id)
);

-- Partial, so that a plan made while the ledger was empty cannot take it for the look-up of operation ids.
create index operation_device on data.operation (town_id, device_id, device_seq desc) where device_seq is not null;

insert into data.town (town_id, name, term, term_starts_on) values (0, 'lvzhi', '-', '2000-01-01');

insert into data.account (town_id, account_id, login, role)
values (0, '00000000-0000-7000-8000-000000000001', 'admin', 'admin');
