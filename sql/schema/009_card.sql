-- 履职登记卡 (Deputies Law art. 58, domain.md A3): one a mandate and year. The card itself is computed from the records;
-- kept is what was done about it - an objection, an answer, a signature - and what exactly was signed.

create table data.card (
    town_id int not null references data.town,
    mandate_id uuid not null,
    year int not null check (year between 1954 and 9999),
    card_id uuid not null, -- what data.step calls it
    state text not null check (state in ('computed', 'objected', 'answered', 'signed')),
    state_since date not null,
    answered_by uuid, -- account: of the last answer
    version int not null default 0, -- the last that was signed; 0: none
    primary key (town_id, mandate_id, year),
    unique (town_id, card_id),
    foreign key (town_id, mandate_id) references data.mandate
);

create index card_year on data.card (town_id, year, state);

-- As it was signed, for good: JSON as PostgreSQL writes jsonb, which is one text for one content.
create table data.card_version (
    town_id int not null,
    mandate_id uuid not null,
    year int not null,
    version int not null check (version > 0),
    text text not null,
    digest bytea not null check (digest = sha256(convert_to(text, 'UTF8'))),
    early boolean not null, -- signed before the year was over
    note text,
    signed_by uuid not null, -- account
    signed_name text not null, -- the person's, as it was then
    signed_role text not null,
    op_id uuid not null,
    device_id uuid,
    recorded_at timestamptz not null,
    primary key (town_id, mandate_id, year, version),
    foreign key (town_id, mandate_id, year) references data.card
);
