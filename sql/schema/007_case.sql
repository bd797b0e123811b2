-- The cases of the three nots (三不): domain.md E1.6 and E1.7. A case is of one person and one period; what it rests on
-- is frozen in versions, what was said and decided is only added.

create table data.three_no_case (
    town_id int not null references data.town,
    case_id uuid not null,
    code text not null,
    person_id uuid not null,
    from_on date not null,
    to_on date not null,
    group_id uuid, -- whose leader checks the figures
    version int not null check (version > 0), -- the present one
    told_version int check (told_version <= version), -- the latest that the person was shown
    track text not null check (track in ('none', 'remind', 'talk', 'decide')),
    state text not null check (
        state in (
            'data_check', 'checked', 'notified', 'wait_statement', 'review', 'decision', 'help_plan', 'cleared',
            'carried', 'closed', 'reopened', 'void'
        )
    ),
    state_since date not null,
    step_due_on date,
    notice_id uuid, -- in the person's account
    notice text check (notice in ('signed', 'call', 'sync')), -- how it is proved that they were told, and on which day
    notified_on date,
    answer text check (answer in ('accept', 'explain', 'appeal')),
    statement text,
    -- null: not decided, or the reminder was given
    outcome text check (outcome in ('confirmed', 'not_confirmed', 'corrected')),
    confirmed text[] not null default '{}', -- of no_meetings, no_activities, no_voices: those found at level 3
    mentor_id uuid,
    targets text,
    plan_ends_on date,
    void_reason text,
    primary key (town_id, case_id),
    unique (town_id, code),
    unique (town_id, person_id, from_on, to_on),
    foreign key (town_id, person_id) references data.person,
    foreign key (town_id, group_id) references data.deputy_group,
    foreign key (town_id, mentor_id) references data.person,
    check (from_on <= to_on),
    check ((notice is null) = (notified_on is null)),
    check (confirmed <@ '{no_meetings,no_activities,no_voices}' and (confirmed = '{}' or outcome = 'confirmed')),
    check ((state = 'void') = (void_reason is not null))
);

create index three_no_case_period on data.three_no_case (town_id, to_on, code);
create index three_no_case_group on data.three_no_case (town_id, group_id);

-- What a version rests on: `pack` is the evidence as canonical JSON, `digest` the SHA-256 of its bytes.
create table data.case_version (
    town_id int not null,
    case_id uuid not null,
    version int not null check (version > 0),
    track text not null,
    no_meetings int not null,
    no_activities int not null,
    no_voices int not null,
    nots int not null,
    pack text not null,
    digest bytea not null check (octet_length(digest) = 32),
    rules bytea not null, -- checksum of the rules that computed it (data.migration)
    op_id uuid not null,
    author_id uuid not null,
    computed_at timestamptz not null,
    primary key (town_id, case_id, version),
    foreign key (town_id, case_id) references data.three_no_case
);

-- What the presidium decided, or the chair after a talk, on which evidence.
create table data.case_decision (
    town_id int not null,
    case_id uuid not null,
    decision_no int not null check (decision_no > 0),
    version int not null,
    outcome text not null check (outcome in ('confirmed', 'not_confirmed', 'corrected')),
    confirmed text[] not null,
    meeting_id uuid, -- of the presidium; null: the chair's talk
    in_favour int check (in_favour >= 0), -- of confirming
    against int check (against >= 0),
    abstained int check (abstained >= 0),
    decided_on date not null,
    note text not null,
    op_id uuid not null,
    author_id uuid not null,
    recorded_at timestamptz not null,
    primary key (town_id, case_id, decision_no),
    foreign key (town_id, case_id, version) references data.case_version,
    foreign key (town_id, meeting_id) references data.meeting
);
