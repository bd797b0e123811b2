-- What activities lead to, who was appraised and trained, and what a group has: domain.md A2-A4, A6, A7, E3.

-- 视察、检查、调研、审议、评议 after they were held: the report, whom it was forwarded to, the plan, the answer, the look
-- again (Deputies Law art. 31). One an activity; what was voided does not count.
create table data.follow_up (
    town_id int not null references data.town,
    follow_up_id uuid not null,
    code text not null,
    meeting_id uuid not null,
    state text not null check (
        state in ('draft', 'forwarded', 'planned', 'answered', 'recheck', 'done', 'void')
    ),
    report text not null check (report <> ''),
    written_by uuid not null, -- account
    unit_id uuid, -- that it was forwarded to
    forwarded_on date,
    plan_due_on date,
    plan_revision int not null default 0, -- of the items that hold
    planned_on date,
    answer_due_on date,
    answer text,
    answered_on date,
    recheck_on date, -- the day of the look again
    sent_back int not null default 0,
    done_on date,
    step_due_on date,
    state_since date not null,
    void_reason text,
    primary key (town_id, follow_up_id),
    unique (town_id, code),
    foreign key (town_id, meeting_id) references data.meeting,
    foreign key (town_id, unit_id) references data.unit,
    check ((state = 'void') = (void_reason is not null))
);

create unique index follow_up_meeting on data.follow_up (town_id, meeting_id) where void_reason is null;
create index follow_up_unit on data.follow_up (town_id, unit_id) where unit_id is not null;

-- 整改方案: what the unit will do, by when. A new plan is a new revision.
create table data.follow_up_item (
    town_id int not null,
    follow_up_id uuid not null,
    revision int not null check (revision > 0),
    position int not null check (position > 0),
    text text not null check (text <> ''),
    due_on date not null,
    op_id uuid not null,
    primary key (town_id, follow_up_id, revision, position),
    foreign key (town_id, follow_up_id) references data.follow_up
);

-- A tally on its way (述职测评、工作评议). It stands in data.appraisal, where reports and cards look, from the moment it is
-- announced and no earlier; the record's id is the same.
create table data.tally (
    town_id int not null references data.town,
    appraisal_id uuid not null,
    code text not null,
    meeting_id uuid not null,
    category text not null check (category in ('group_head', 'village_head', 'deputy', 'unit')),
    subject text,
    person_id uuid,
    unit_id uuid,
    state text not null check (state in ('counting', 'differing', 'counted', 'announced', 'delivered', 'void')),
    round int not null default 1 check (round > 0),
    announced_on date,
    deliver_due_on date,
    delivered_on date,
    state_since date not null,
    void_reason text,
    primary key (town_id, appraisal_id),
    unique (town_id, code),
    foreign key (town_id, meeting_id) references data.meeting,
    foreign key (town_id, person_id) references data.person,
    foreign key (town_id, unit_id) references data.unit,
    check (
        case category
            when 'deputy' then person_id is not null and subject is null and unit_id is null
            when 'unit' then unit_id is not null and subject is null and person_id is null
            else subject is not null and person_id is null and unit_id is null
        end
    ),
    check ((state = 'void') = (void_reason is not null))
);

create index tally_meeting on data.tally (town_id, meeting_id);
create index appraisal_meeting on data.appraisal (town_id, meeting_id);
create index appraisal_person on data.appraisal (town_id, person_id) where person_id is not null;

-- Each counter's figures of each round: only ever added, and shown to nobody before both agree.
create table data.tally_count (
    town_id int not null,
    appraisal_id uuid not null,
    round int not null check (round > 0),
    counter int not null check (counter in (1, 2)),
    issued int not null,
    returned int not null,
    invalid int not null,
    excellent int not null,
    competent int not null,
    basic int not null,
    incompetent int not null,
    author_id uuid not null,
    op_id uuid not null,
    recorded_at timestamptz not null,
    primary key (town_id, appraisal_id, round, counter),
    foreign key (town_id, appraisal_id) references data.tally,
    check (issued > 0 and least(invalid, excellent, competent, basic, incompetent) >= 0),
    check (returned <= issued and invalid + excellent + competent + basic + incompetent = returned)
);

-- What a training or a study visit was, beside the meeting that has its roll (四结合, domain.md A2).
create table data.training (
    town_id int not null,
    meeting_id uuid not null,
    form text not null check (form in ('everybody', 'key', 'tiered')),
    tier text, -- tiered: for whom
    hours int check (hours > 0),
    host text,
    topics text[] not null default '{}',
    primary key (town_id, meeting_id),
    foreign key (town_id, meeting_id) references data.meeting
);

-- 学习资料, and to whom how many copies were handed out.
create table data.material (
    town_id int not null references data.town,
    material_id uuid not null,
    code text not null,
    title text not null check (title <> ''),
    copies int not null check (copies > 0),
    issued_on date not null,
    author_id uuid not null,
    op_id uuid not null,
    primary key (town_id, material_id),
    unique (town_id, code)
);

create table data.handout (
    town_id int not null,
    handout_id uuid not null,
    material_id uuid not null,
    person_id uuid,
    group_id uuid,
    from_group_id uuid, -- a room passed on what it had got; null: from the office
    copies int not null check (copies > 0),
    handed_on date not null,
    note text,
    author_id uuid not null,
    op_id uuid not null,
    primary key (town_id, handout_id),
    foreign key (town_id, material_id) references data.material,
    foreign key (town_id, person_id) references data.person,
    foreign key (town_id, group_id) references data.deputy_group,
    check (num_nonnulls(person_id, group_id) = 1)
);

create index handout_material on data.handout (town_id, material_id);

-- 自学: one deputy, one day.
create table data.self_study (
    town_id int not null references data.town,
    self_study_id uuid not null,
    code text not null,
    person_id uuid not null,
    studied_on date not null,
    material_id uuid,
    title text not null check (title <> ''),
    hours int not null check (hours between 1 and 24),
    note text,
    state text not null check (state in ('noted', 'confirmed', 'refused', 'withdrawn')),
    noted_by uuid not null, -- account
    decided_by uuid,
    decided_on date,
    primary key (town_id, self_study_id),
    unique (town_id, code),
    foreign key (town_id, person_id) references data.person,
    foreign key (town_id, material_id) references data.material
);

create index self_study_person on data.self_study (town_id, person_id, studied_on);

-- A group's yearly plan and summary (小组活动计划、总结).
create table data.group_paper (
    town_id int not null references data.town,
    paper_id uuid not null,
    code text not null,
    group_id uuid not null,
    kind text not null check (kind in ('plan', 'summary')),
    year int not null check (year between 2000 and 2200),
    text text not null check (text <> ''),
    state text not null check (state in ('draft', 'submitted', 'approved', 'void')),
    written_by uuid not null, -- account that wrote it last
    submitted_on date,
    approved_on date,
    state_since date not null,
    void_reason text,
    primary key (town_id, paper_id),
    unique (town_id, code),
    foreign key (town_id, group_id) references data.deputy_group,
    check ((state = 'void') = (void_reason is not null))
);

create unique index group_paper_year on data.group_paper (town_id, group_id, year, kind) where void_reason is null;

-- An inspector's visit to a group's activity room: point by point.
create table data.room_visit (
    town_id int not null references data.town,
    room_visit_id uuid not null,
    code text not null,
    group_id uuid not null,
    visited_on date not null,
    passed boolean not null, -- every point was fine on that day
    remedied_on date, -- what was not fine was seen to be put right
    photo_on date, -- of the photos of the wall boards that were seen or taken
    note text,
    author_id uuid not null,
    op_id uuid not null,
    void_reason text,
    primary key (town_id, room_visit_id),
    unique (town_id, code),
    foreign key (town_id, group_id) references data.deputy_group,
    check (photo_on <= coalesce(remedied_on, visited_on))
);

create index room_visit_group on data.room_visit (town_id, group_id, visited_on);

create table data.room_visit_point (
    town_id int not null,
    room_visit_id uuid not null,
    position int not null check (position > 0),
    point text not null check (point <> ''),
    fine boolean not null,
    note text,
    primary key (town_id, room_visit_id, position),
    foreign key (town_id, room_visit_id) references data.room_visit
);

-- 目标管理责任书: one a group and year. `rule`: what counts a line by itself; null: by hand.
create table data.target (
    town_id int not null references data.town,
    target_id uuid not null,
    code text not null,
    group_id uuid not null,
    year int not null check (year between 2000 and 2200),
    state text not null check (state in ('draft', 'signed', 'checked', 'settled', 'void')),
    leader_id uuid, -- accounts that signed
    leader_signed_on date,
    chair_id uuid,
    chair_signed_on date,
    signed_on date,
    checked_on date,
    check_note text,
    settled_on date,
    state_since date not null,
    void_reason text,
    primary key (town_id, target_id),
    unique (town_id, code),
    foreign key (town_id, group_id) references data.deputy_group,
    check ((state = 'void') = (void_reason is not null))
);

create unique index target_year on data.target (town_id, group_id, year) where void_reason is null;

-- The lines of a sheet; a change before it is signed is a new revision of all of them.
create table data.target_line (
    town_id int not null,
    target_id uuid not null,
    revision int not null check (revision > 0),
    position int not null check (position > 0),
    line_code text not null check (line_code <> ''),
    label text not null check (label <> ''),
    weight int not null check (weight between 1 and 1000),
    goal text not null default '',
    rule text check (rule in ('trained', 'voices', 'duty_reports', 'activities')),
    primary key (town_id, target_id, revision, position),
    unique (town_id, target_id, revision, line_code),
    foreign key (town_id, target_id) references data.target
);

-- Points given by hand; a later entry of the same line holds.
create table data.target_entry (
    town_id int not null,
    target_id uuid not null,
    line_code text not null,
    entry_no int not null check (entry_no > 0),
    points numeric(6, 1) not null check (points >= 0),
    note text not null check (note <> ''),
    author_id uuid not null,
    op_id uuid not null,
    recorded_at timestamptz not null,
    primary key (town_id, target_id, line_code, entry_no),
    foreign key (town_id, target_id) references data.target
);

-- What each line had come to at the mid-year check and at the year's end, with the list behind it: frozen.
create table data.target_result (
    town_id int not null,
    target_id uuid not null,
    phase text not null check (phase in ('check', 'settle')),
    position int not null check (position > 0),
    line_code text not null,
    label text not null,
    weight int not null,
    goal text not null,
    rule text,
    points numeric(6, 1), -- null: nobody has entered any
    list jsonb not null, -- what it was counted from
    primary key (town_id, target_id, phase, position),
    foreign key (town_id, target_id) references data.target
);

-- 一个代表联系一个选民小组.
create table data.voter_link (
    town_id int not null references data.town,
    voter_link_id uuid not null,
    code text not null,
    person_id uuid not null,
    group_id uuid not null, -- the deputy group whose voters they are
    voters text not null check (voters <> ''), -- the voter group's name
    starts_on date not null,
    ends_on date, -- the first day without it
    author_id uuid not null,
    void_reason text,
    primary key (town_id, voter_link_id),
    unique (town_id, code),
    foreign key (town_id, person_id) references data.person,
    foreign key (town_id, group_id) references data.deputy_group,
    check (starts_on <= ends_on)
);

create index voter_link_person on data.voter_link (town_id, person_id);
