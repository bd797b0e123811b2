-- Where CSV files wait between ImportRows and ImportCommit.

create table data.import (
    town_id int not null references data.town,
    import_id uuid not null,
    account_id uuid not null,
    started_at timestamptz not null default now(),
    committed_at timestamptz,
    primary key (town_id, import_id)
);

create table data.import_file (
    town_id int not null,
    import_id uuid not null,
    file text not null,
    columns text[] not null,
    primary key (town_id, import_id, file),
    foreign key (town_id, import_id) references data.import
);

create table data.import_row (
    town_id int not null,
    import_id uuid not null,
    file text not null,
    line int not null,
    cells jsonb not null, -- column -> text, null where the field is empty
    primary key (town_id, import_id, file, line),
    foreign key (town_id, import_id, file) references data.import_file
);
