-- Seals over the ledger and the records, and what becomes of personal information.

-- A seal closes an interval of a town's work. Its leaves say what there was of it: each ledger row once, and each row
-- of the records that was new, changed or gone. `hash` is over the seal before, so that none can be changed alone;
-- clients keep the seals they were told, so that all of them cannot be changed together.
create table data.seal (
    town_id int not null references data.town,
    seal_no int not null check (seal_no > 0),
    previous bytea not null check (octet_length(previous) = 32), -- hash of the seal before; of the first: 32 zeros
    root bytea not null check (octet_length(root) = 32),         -- Merkle root of its leaves
    operations int not null, -- leaves that are ledger rows
    rows int not null,       -- the other leaves
    sealed_at timestamptz not null,
    hash bytea not null check (octet_length(hash) = 32),
    primary key (town_id, seal_no)
);

-- No foreign key to the seal: it comes after its leaves, in the same transaction.
create table data.seal_leaf (
    town_id int not null,
    seal_no int not null,
    position int not null,
    facet text not null, -- operation, or the table
    key text not null,
    shape_no int, -- which columns the hash is of; null: a ledger row
    hash bytea,   -- null: the row is gone
    finding text check (finding in ('changed', 'inserted', 'deleted')), -- by no operation, as the seal was made
    primary key (town_id, seal_no, position)
);

create unique index seal_leaf_row on data.seal_leaf (town_id, facet, key, seal_no desc);

-- Which columns the hashes of a table's rows are of: a column that a migration adds changes no row that was sealed.
create table data.seal_shape (
    town_id int not null,
    facet text not null,
    shape_no int not null check (shape_no > 0),
    columns text[] not null,
    primary key (town_id, facet, shape_no)
);

-- Where the next seal goes on; the columns are those of data.feed.
create table data.seal_state (
    town_id int primary key references data.town,
    last_no int not null,
    settled xid8 not null,
    epoch_id uuid not null,
    old_place bigint not null,
    looked_at timestamptz not null
);

-- With operation_feed every ledger row is in one of the two.
create index operation_quiet on data.operation (town_id, xact) where topics is null;

-- Goes when the rest of the row goes: then nothing can be guessed from a hash of what the row once was.
alter table data.feedback_identity add salt uuid default gen_random_uuid();

-- A resident's request about their own information (PIPL art. 44-47). Who they are is in feedback_identity, not here.
create table data.personal_request (
    town_id int not null references data.town,
    request_id uuid not null,
    code text not null,
    kind text not null check (kind in ('access', 'copy', 'correct', 'erase')),
    feedback_id uuid not null,
    asker text not null check (asker <> ''), -- in words: themselves, a son with a letter
    proof text not null check (proof <> ''), -- in words: how they showed it
    note text,
    state text not null check (state in ('requested', 'granted', 'refused', 'done', 'withdrawn')),
    taken_by uuid not null,
    taken_on date not null,
    due_on date not null, -- to be decided by then
    decided_on date,
    decision_note text,
    done_on date,
    primary key (town_id, request_id),
    unique (town_id, code),
    foreign key (town_id, feedback_id) references data.feedback
);

create index personal_request_feedback on data.personal_request (town_id, feedback_id);

-- What was changed or ended of an identity, by whom and why; never what it was before.
create table data.identity_change (
    town_id int not null,
    op_id uuid not null,
    feedback_id uuid not null,
    cause text not null check (cause in ('expired', 'erased', 'corrected')),
    fields text[] not null, -- which of them
    before_digest bytea check (octet_length(before_digest) = 32), -- of a correction: over the row's salt and old values
    reason text not null,
    request_id uuid, -- null: the time was over
    author_id uuid not null,
    device_id uuid,
    changed_at timestamptz not null,
    primary key (town_id, op_id, feedback_id),
    foreign key (town_id, feedback_id) references data.feedback,
    foreign key (town_id, request_id) references data.personal_request
);

create index identity_change_feedback on data.identity_change (town_id, feedback_id);
