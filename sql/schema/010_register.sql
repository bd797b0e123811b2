-- The slogans' lists, the registers (六簿一册), and the numbers that rooms give to what they take down.

-- A town's own wording of a list, from a day on; of several for one day the last revision holds.
create table data.rule_set (
    town_id int not null references data.town,
    code text not null check (code ~ '^[a-z][a-z0-9_]*$'),
    holds_from date not null,
    revision int not null check (revision > 0),
    label text not null,
    items text[] not null,
    op_id uuid not null,
    author_id uuid not null,
    recorded_at timestamptz not null,
    primary key (town_id, code, holds_from, revision)
);

-- One register of one year: a book or the roster, of one group's room or of the whole town. What its pages depend on is
-- settled when its first line is posted.
create table data.register (
    town_id int not null references data.town,
    register_id uuid not null,
    book text not null check (
        book in ('meetings', 'training', 'activities', 'voters', 'suggestions', 'deeds', 'roster')
    ),
    group_id uuid, -- null: the whole town
    year int not null check (year between 1900 and 9999),
    title text not null,
    group_name text not null,
    columns text[] not null,
    lines_a_page int not null check (lines_a_page > 0),
    opened_at timestamptz not null,
    primary key (town_id, register_id),
    unique nulls not distinct (town_id, book, year, group_id),
    foreign key (town_id, group_id) references data.deputy_group
);

-- Lines are only added. A correction names the line of the same record that it corrects.
create table data.register_line (
    town_id int not null,
    register_id uuid not null,
    line_no int not null check (line_no > 0),
    record_id uuid not null,
    cells text[] not null,
    corrects_line_no int check (corrects_line_no < line_no),
    reason text, -- of a correction
    changes text, -- of a correction: column, before, after
    op_id uuid not null,
    posted_at timestamptz not null,
    primary key (town_id, register_id, line_no),
    foreign key (town_id, register_id) references data.register,
    foreign key (town_id, register_id, corrects_line_no) references data.register_line,
    check ((corrects_line_no is null) = (reason is null) and (reason is null) = (changes is null))
);

create index register_line_record on data.register_line (town_id, register_id, record_id, line_no);

-- The hash of a page as it stood when a posting ended on it, or filled it: up to `line_no`.
create table data.register_seal (
    town_id int not null,
    register_id uuid not null,
    line_no int not null,
    page_no int not null check (page_no > 0),
    hash bytea not null check (octet_length(hash) = 32),
    op_id uuid not null,
    primary key (town_id, register_id, line_no),
    foreign key (town_id, register_id, line_no) references data.register_line
);

-- Every print of a page, and what was on it.
create table data.register_print (
    town_id int not null,
    register_id uuid not null,
    page_no int not null,
    print_no int not null check (print_no > 0),
    hash bytea not null,
    account_id uuid not null,
    device_id uuid,
    printed_at timestamptz not null,
    primary key (town_id, register_id, page_no, print_no),
    foreign key (town_id, register_id) references data.register
);

-- The letters before a room's numbers, settled when the first one is given.
create table data.room (
    town_id int not null references data.town,
    group_id uuid not null,
    prefix text not null check (prefix ~ '^[A-Z0-9]+$'),
    primary key (town_id, group_id),
    unique (town_id, prefix),
    foreign key (town_id, group_id) references data.deputy_group
);

-- WSK-2026-0031. Two records under one number are both kept: two of a room's machines were offline.
create table data.room_number (
    town_id int not null,
    group_id uuid not null,
    year int not null,
    number int not null check (number > 0),
    subject text not null check (subject in ('meeting', 'feedback')),
    record_id uuid not null,
    op_id uuid not null,
    taken_at timestamptz not null,
    primary key (town_id, group_id, year, number, record_id),
    unique (town_id, record_id),
    foreign key (town_id, group_id) references data.room
);

-- Why a number has no record: a spoilt slip.
create table data.room_number_note (
    town_id int not null,
    group_id uuid not null,
    year int not null,
    number int not null check (number > 0),
    reason text not null check (reason <> ''),
    op_id uuid not null,
    author_id uuid not null,
    recorded_at timestamptz not null,
    primary key (town_id, group_id, year, number),
    foreign key (town_id, group_id) references data.room
);
