-- Paper: photos and scans kept with a record, and sign-in sheets that are printed, signed and keyed back in.

-- A file under way. It holds no record: an upload that ends becomes an attachment, one that does not is cleared away.
create table data.upload (
    town_id int not null references data.town,
    upload_id uuid not null, -- the attachment's id
    subject text not null,
    record_id uuid not null,
    name text not null,
    type text not null check (type in ('jpeg', 'png', 'pdf')),
    size bigint not null check (size > 0),
    sha256 bytea not null check (octet_length(sha256) = 32),
    note text,
    sealed boolean not null,
    redacts_id uuid,
    account_id uuid not null,
    device_id uuid,
    started_at timestamptz not null,
    primary key (town_id, upload_id)
);

create index upload_record on data.upload (town_id, record_id, sha256);
create index upload_account on data.upload (town_id, account_id, started_at);

create table data.upload_chunk (
    town_id int not null,
    upload_id uuid not null,
    number int not null check (number >= 0),
    bytes bytea not null,
    primary key (town_id, upload_id, number),
    foreign key (town_id, upload_id) references data.upload
);

create table data.attachment (
    town_id int not null references data.town,
    attachment_id uuid not null,
    code text not null,
    subject text not null, -- what kind of record it is kept with (lv.record_reach)
    record_id uuid not null,
    name text not null,
    type text not null check (type in ('jpeg', 'png', 'pdf')),
    size bigint not null check (size > 0),
    sha256 bytea not null check (octet_length(sha256) = 32),
    note text,
    sealed boolean not null, -- others see the redacted copies, attachments that name this one in redacts_id
    redacts_id uuid,
    account_id uuid not null,
    device_id uuid,
    op_id uuid not null,
    added_at timestamptz not null,
    void_reason text,
    voided_by uuid,
    voided_at timestamptz,
    primary key (town_id, attachment_id),
    unique (town_id, code),
    foreign key (town_id, redacts_id) references data.attachment,
    check ((void_reason is null) = (voided_by is null) and (void_reason is null) = (voided_at is null)),
    check (redacts_id is null or not sealed)
);

-- The same file of the same record is one attachment.
create unique index attachment_once on data.attachment (town_id, record_id, sha256) where void_reason is null;
create index attachment_record on data.attachment (town_id, record_id, code);
create index attachment_original on data.attachment (town_id, redacts_id) where redacts_id is not null;

create table data.attachment_chunk (
    town_id int not null,
    attachment_id uuid not null,
    number int not null check (number >= 0),
    bytes bytea not null,
    primary key (town_id, attachment_id, number),
    foreign key (town_id, attachment_id) references data.attachment
);

-- Pictures are compressed already.
alter table data.upload_chunk alter bytes set storage external;
alter table data.attachment_chunk alter bytes set storage external;

-- Every look at a sealed original.
create table data.attachment_look (
    town_id int not null,
    look_id uuid not null,
    attachment_id uuid not null,
    account_id uuid not null,
    device_id uuid,
    reason text not null check (reason <> ''),
    looked_at timestamptz not null,
    primary key (town_id, look_id),
    foreign key (town_id, attachment_id) references data.attachment
);

create index attachment_look_attachment on data.attachment_look (town_id, attachment_id, looked_at);

-- A sign-in sheet: the roll as it was when the sheet was made, its lines numbered.
create table data.sheet (
    town_id int not null references data.town,
    sheet_id uuid not null,
    code text not null, -- printed big, read out, typed in: the last character checks the others (lv.sheet_check)
    meeting_id uuid not null,
    group_id uuid, -- of a whole town's meeting, the group whose lines these are; null: all of them
    account_id uuid not null,
    device_id uuid,
    op_id uuid not null,
    made_at timestamptz not null,
    primary key (town_id, sheet_id),
    unique (town_id, code),
    foreign key (town_id, meeting_id) references data.meeting,
    foreign key (town_id, group_id) references data.deputy_group
);

create index sheet_meeting on data.sheet (town_id, meeting_id, made_at);

create table data.sheet_row (
    town_id int not null,
    sheet_id uuid not null,
    row_no int not null check (row_no > 0),
    person_id uuid not null,
    name text not null, -- as it was printed
    primary key (town_id, sheet_id, row_no),
    unique (town_id, sheet_id, person_id),
    foreign key (town_id, sheet_id) references data.sheet,
    foreign key (town_id, person_id) references data.person
);

-- What somebody read on a signed sheet.
create table data.sheet_entry (
    town_id int not null,
    entry_id uuid not null,
    sheet_id uuid not null,
    scan_id uuid, -- the sheet itself, scanned
    reason text,
    account_id uuid not null,
    device_id uuid,
    op_id uuid not null,
    entered_at timestamptz not null,
    primary key (town_id, entry_id),
    foreign key (town_id, sheet_id) references data.sheet,
    foreign key (town_id, scan_id) references data.attachment
);

create index sheet_entry_sheet on data.sheet_entry (town_id, sheet_id, entered_at);

create table data.sheet_entry_mark (
    town_id int not null,
    entry_id uuid not null,
    row_no int not null,
    mark data.mark not null,
    primary key (town_id, entry_id, row_no),
    foreign key (town_id, entry_id) references data.sheet_entry
);
