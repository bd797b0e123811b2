-- The year's report: paragraphs that a town words itself and reports that were kept; and who took the records out.

-- A paragraph of the work report from a day on, in place of the default of that name or as one of the town's own.
create table data.report_paragraph (
    town_id int not null references data.town,
    name text not null,
    holds_from date not null,
    revision int not null check (revision > 0), -- of that day: the highest holds
    position int not null,
    text text, -- null: the report goes without it
    op_id uuid not null,
    author_id uuid not null,
    recorded_at timestamptz not null,
    primary key (town_id, name, holds_from, revision)
);

-- A year's report as it was handed in.
create table data.kept_report (
    town_id int not null references data.town,
    year int not null,
    number int not null check (number > 0),
    text text not null,
    figures jsonb not null, -- figure -> value, all of them
    digest bytea not null check (octet_length(digest) = 32), -- SHA-256: lv.report_digest
    op_id uuid not null,
    author_id uuid not null,
    device_id uuid,
    recorded_at timestamptz not null,
    primary key (town_id, year, number)
);

-- Each time the whole of a town's records was taken out as CSV files.
create table data.export (
    town_id int not null references data.town,
    export_id uuid not null,
    account_id uuid not null,
    device_id uuid,
    purpose text check (purpose <> ''), -- with the villagers' names and phones, and what for; null: without
    exported_at timestamptz not null,
    primary key (town_id, export_id)
);

create index export_at on data.export (town_id, exported_at);
