-- Money, deeds, households and awards: what is kept of them beside the columns of rules.md section 3. Rows that an
-- import made have no author: they are taken as decided.

-- Money.

-- What a deputy, an award or a day is worth, from a day on; 51_money.sql has the defaults. Of two rows for one day the
-- later recorded holds.
create table data.rate (
    town_id int not null references data.town,
    kind text not null check (kind in ('activity_per_deputy', 'award_group', 'award_deputy', 'allowance_day')),
    level text not null check (level in ('all', 'city', 'county', 'town')),
    holds_from date not null,
    op_id uuid not null,
    yuan bigint not null check (yuan >= 0),
    note text not null, -- which decision
    author_id uuid not null,
    recorded_at timestamptz not null,
    primary key (town_id, kind, level, holds_from, op_id)
);

-- What the budget gives in a year for a kind of spending (Deputies Law art. 42); the row recorded last holds.
create table data.budget_line (
    town_id int not null references data.town,
    year int not null check (year between 1954 and 9999),
    kind text not null check (kind in ('office_premises', 'room_premises', 'deputy_activity', 'other', 'award')),
    op_id uuid not null,
    yuan bigint not null check (yuan >= 0),
    note text not null,
    author_id uuid not null,
    recorded_at timestamptz not null,
    primary key (town_id, year, kind, op_id)
);

alter table data.fund
    add allowance_days int check (allowance_days > 0), -- of who has no fixed wage (Deputies Law art. 41)
    add over_note text, -- why it went beyond the budget line or what the person is entitled to
    add signed_on date, -- who got it signed for it
    add recorded_by uuid, -- accounts
    add confirmed_by uuid,
    add confirmed_on date;

create index fund_spent on data.fund (town_id, spent_on, code);
create index fund_person on data.fund (town_id, person_id, spent_on) where person_id is not null;

-- Deeds.

alter table data.deed
    add recorded_by uuid, -- accounts
    add settled_by uuid, -- who verified or rejected it
    add settled_on date,
    add checked text, -- how it was checked
    add rejected boolean not null default false, -- with a void_reason: it counts nowhere
    add distinct_ids uuid[] not null default '{}', -- deeds that look the same and were said to be others
    add distinct_note text,
    add same_as_id uuid, -- void: the same deed under this one
    add foreign key (town_id, same_as_id) references data.deed;

create index deed_place on data.deed (town_id, village_id, done_on);
create index deed_person on data.deed (town_id, person_id, done_on);

-- Households.

alter table data.household
    add recorded_by uuid, -- account
    add distinct_note text, -- why it is not the one of the same head's name
    add ended_on date,
    add end_reason text;

create index household_head on data.household (town_id, village_id, head);
create index household_helper_person on data.household_helper (town_id, person_id);

-- What a household's members and helpers were before a day on which they changed.
create table data.household_past (
    town_id int not null,
    household_id uuid not null,
    op_id uuid not null,
    until_on date not null,
    members int not null,
    helper_ids uuid[] not null,
    note text not null,
    author_id uuid not null,
    recorded_at timestamptz not null,
    primary key (town_id, household_id, op_id),
    foreign key (town_id, household_id) references data.household
);

create table data.household_visit (
    town_id int not null,
    household_id uuid not null,
    visit_no int not null check (visit_no > 0),
    visited_on date not null,
    person_id uuid not null, -- the helper who went
    text text not null,
    op_id uuid not null,
    author_id uuid not null,
    recorded_at timestamptz not null,
    void_reason text,
    primary key (town_id, household_id, visit_no),
    foreign key (town_id, household_id) references data.household,
    foreign key (town_id, person_id) references data.person
);

-- Awards.

-- Who was put up for an award. A decided one has its row in data.award, under the same id and code.
create table data.nomination (
    town_id int not null references data.town,
    award_id uuid not null,
    code text not null,
    year int not null, -- for whose work
    kind text not null check (kind in ('advanced_group', 'excellent_deputy')),
    group_id uuid,
    person_id uuid,
    reason text not null,
    state text not null check (state in ('nominated', 'verified', 'decided', 'rejected', 'withdrawn')),
    nominated_by uuid not null, -- accounts
    nominated_on date not null,
    verified_by uuid,
    checked text, -- how it was checked
    close_reason text,
    primary key (town_id, award_id),
    unique (town_id, code),
    foreign key (town_id, group_id) references data.deputy_group,
    foreign key (town_id, person_id) references data.person,
    check ((kind = 'advanced_group') = (group_id is not null) and (kind = 'excellent_deputy') = (person_id is not null))
);

alter table data.award
    add over_note text, -- why it went beyond the budget line
    add decided_by uuid, -- accounts
    add paid_by uuid,
    add paid_on date;

-- Lines of the score sheets, from a year on; 55_scoring.sql has the defaults. The row recorded last holds; one of no
-- points takes the line out.
create table data.score_line (
    town_id int not null references data.town,
    kind text not null check (kind in ('advanced_group', 'excellent_deputy')),
    line text not null,
    from_year int not null,
    op_id uuid not null,
    position int not null,
    label text not null,
    max_points int not null check (max_points >= 0),
    measure text, -- what counts it; null: the office gives the points
    target numeric,
    step_points numeric, -- lost with each one short of the target; null: in proportion
    author_id uuid not null,
    recorded_at timestamptz not null,
    primary key (town_id, kind, line, from_year, op_id),
    check ((measure is null) = (target is null) and (measure is not null or step_points is null))
);

-- Points that the office gave; the row recorded last holds.
create table data.score_entry (
    town_id int not null references data.town,
    kind text not null,
    year int not null,
    recipient_id uuid not null, -- a person or a group
    line text not null,
    op_id uuid not null,
    points int not null check (points >= 0),
    note text not null,
    author_id uuid not null,
    recorded_at timestamptz not null,
    primary key (town_id, kind, year, recipient_id, line, op_id)
);

-- The sheet as it stood when the award was decided.
create table data.score_frozen (
    town_id int not null,
    award_id uuid not null,
    line text not null,
    position int not null,
    label text not null,
    max_points int not null,
    measure text,
    target numeric,
    step_points numeric,
    value numeric,
    points int, -- null: the office had given none
    note text,
    primary key (town_id, award_id, line),
    foreign key (town_id, award_id) references data.award
);
