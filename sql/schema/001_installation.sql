-- Tables and types live in schema data and change by migrations only; functions and views live in schema lv and are
-- replaced as a whole whenever a file of sql/rules/ changes. Nothing in data may depend on lv.
create schema data;

-- What the daemon passes as :caller and :op; the fields are those of lvzhi.v1.Caller and lvzhi.v1.Op.
create type data.caller as (
    town_id int,
    account_id uuid,
    login text,
    role text,
    person_id uuid,
    group_id uuid,
    unit_id uuid,
    device_id uuid
);

create type data.op as (
    op_id uuid,
    device_seq bigint,
    authored_us timestamptz,
    device_id uuid,
    author_id uuid,
    corrects_id uuid,
    proof bytea
);

create table data.installation (
    only_one boolean primary key default true check (only_one),
    installation_id uuid not null default gen_random_uuid(),
    created_at timestamptz not null default now()
);

insert into data.installation default values;

-- Which migrations have been applied (lvzhid --migrate); version 0 is the rules as a whole.
create table data.migration (
    version int primary key,
    name text not null,
    checksum bytea not null,
    applied_at timestamptz not null default now()
);
