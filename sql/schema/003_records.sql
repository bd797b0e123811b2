-- The records of a town: the 18 CSV files of rules.md section 3. Nothing is deleted: a wrong entry gets a void_reason.

create table data.setting (
    town_id int not null references data.town,
    key text not null,
    holds_from date not null,
    value numeric not null,
    primary key (town_id, key, holds_from)
);

create table data.village (
    town_id int not null references data.town,
    village_id uuid not null,
    code text not null,
    name text not null,
    kind text not null check (kind in ('village', 'community')),
    primary key (town_id, village_id),
    unique (town_id, code)
);

create table data.unit (
    town_id int not null references data.town,
    unit_id uuid not null,
    code text not null,
    name text not null,
    primary key (town_id, unit_id),
    unique (town_id, code)
);

-- 代表小组, each with its activity room (活动室).
create table data.deputy_group (
    town_id int not null references data.town,
    group_id uuid not null,
    code text not null,
    name text not null,
    village_id uuid not null,
    room_address text,
    primary key (town_id, group_id),
    unique (town_id, code),
    foreign key (town_id, village_id) references data.village
);

create table data.person (
    town_id int not null references data.town,
    person_id uuid not null,
    code text not null,
    name text not null,
    gender text check (gender in ('男', '女')),
    born_on date,
    phone text,
    occupation text,
    primary key (town_id, person_id),
    unique (town_id, code)
);

-- 任期: one person may hold several at once (county and town).
create table data.mandate (
    town_id int not null references data.town,
    mandate_id uuid not null,
    code text not null,
    person_id uuid not null,
    level text not null check (level in ('city', 'county', 'town')),
    group_id uuid not null,
    starts_on date not null,
    ends_on date, -- the first day out of office
    end_reason text check (end_reason in ('moved_away', 'resigned', 'recalled', 'died', 'other')),
    constituency text,
    void_reason text,
    primary key (town_id, mandate_id),
    unique (town_id, code),
    foreign key (town_id, person_id) references data.person,
    foreign key (town_id, group_id) references data.deputy_group
);

create index mandate_person on data.mandate (town_id, person_id);
create index mandate_group on data.mandate (town_id, group_id);

-- 暂停执行代表职务 (Deputies Law art. 61).
create table data.suspension (
    town_id int not null references data.town,
    mandate_id uuid not null,
    starts_on date not null,
    ends_on date, -- the last day of it
    reason text,
    void_reason text,
    primary key (town_id, mandate_id, starts_on),
    foreign key (town_id, mandate_id) references data.mandate
);

create table data.post (
    town_id int not null references data.town,
    person_id uuid not null,
    role text not null check (role in ('chair', 'presidium_member', 'group_leader')),
    starts_on date not null,
    group_id uuid, -- leaders'
    ends_on date,
    void_reason text,
    primary key (town_id, person_id, role, starts_on),
    foreign key (town_id, person_id) references data.person,
    foreign key (town_id, group_id) references data.deputy_group,
    check (role <> 'group_leader' or group_id is not null)
);

create table data.meeting (
    town_id int not null references data.town,
    meeting_id uuid not null,
    code text not null,
    kind text not null check (
        kind in (
            'congress_session', 'presidium_meeting', 'group_meeting', 'inspection', 'law_check', 'research',
            'deliberation', 'duty_report', 'work_review', 'training', 'voter_reception', 'study_visit'
        )
    ),
    title text not null,
    group_id uuid, -- null: the whole town's
    unit_id uuid,
    held_on date not null,
    place text,
    state text not null check (
        state in ('planned', 'notified', 'open', 'closed', 'approved', 'locked', 'cancelled', 'postponed')
    ),
    minutes text,
    primary key (town_id, meeting_id),
    unique (town_id, code),
    foreign key (town_id, group_id) references data.deputy_group,
    foreign key (town_id, unit_id) references data.unit
);

create index meeting_held on data.meeting (town_id, held_on, code);

-- One line of a roll (应到): who was asked to come, and the proof that they were told.
create table data.roll_line (
    town_id int not null references data.town,
    meeting_id uuid not null,
    person_id uuid not null,
    notice text not null check (notice in ('signed', 'call', 'sync', 'none')),
    notified_on date,
    primary key (town_id, meeting_id, person_id),
    foreign key (town_id, meeting_id) references data.meeting,
    foreign key (town_id, person_id) references data.person,
    check ((notice = 'none') = (notified_on is null))
);

create index roll_line_person on data.roll_line (town_id, person_id);

-- Marks are only added. A mark that changes an earlier one names it in corrects_id and has the next revision; two that
-- correct the same one (two rooms at once) both stay. The mark of a line is the one of the highest revision, the later
-- one of two. No foreign key to roll_line and no checks but the domain's: both are paid for again at every mark, and
-- who inserts a mark reads its line in the same statement, which nobody can delete.
create domain data.mark as text check (value in ('present', 'late', 'left_early', 'absent'));

create table data.attendance_mark (
    town_id int not null,
    meeting_id uuid not null,
    person_id uuid not null,
    revision int not null,
    recorded_at timestamptz not null default clock_timestamp(),
    op_id uuid not null,
    corrects_id uuid, -- op_id of the mark it changes; null in revision 1
    mark data.mark not null,
    note text,
    author_id uuid not null,
    device_id uuid,
    primary key (town_id, meeting_id, person_id, revision, recorded_at, op_id)
);

-- 请假: one a line of a roll.
create table data.leave (
    town_id int not null references data.town,
    meeting_id uuid not null,
    person_id uuid not null,
    asked_on date not null,
    ground text not null check (ground in ('hospital', 'family', 'disaster_relief', 'higher_meeting', 'other')),
    decision text not null check (decision in ('approved', 'refused', 'pending')),
    decided_on date,
    void_reason text,
    primary key (town_id, meeting_id, person_id),
    foreign key (town_id, meeting_id, person_id) references data.roll_line,
    check ((decision = 'pending') = (decided_on is null))
);

-- 选民意见: the matter. Who said it is in feedback_identity.
create table data.feedback (
    town_id int not null references data.town,
    feedback_id uuid not null,
    code text not null,
    group_id uuid not null,
    deputy_id uuid not null,
    received_on date not null,
    topic text not null,
    text text not null,
    state text not null check (
        state in (
            'draft', 'registered', 'screening', 'need_info', 'merged', 'explained', 'redirected', 'promoted',
            'assigned', 'returned', 'accepted', 'handling', 'extended', 'replied', 'delivered', 'wait_rating',
            'rehandle', 'promised', 'escalated', 'closed', 'reopened', 'withdrawn', 'void'
        )
    ),
    unit_id uuid,
    assigned_on date,
    due_on date,
    replied_on date,
    rating text check (rating in ('satisfied', 'mostly_satisfied', 'dissatisfied', 'not_rated')),
    closed_on date,
    primary key (town_id, feedback_id),
    unique (town_id, code),
    foreign key (town_id, group_id) references data.deputy_group,
    foreign key (town_id, deputy_id) references data.person,
    foreign key (town_id, unit_id) references data.unit
);

create index feedback_received on data.feedback (town_id, received_on);

-- A villager's name and phone, apart from what they said: each look is logged.
create table data.feedback_identity (
    town_id int not null,
    feedback_id uuid not null,
    resident_name text,
    resident_phone text,
    primary key (town_id, feedback_id),
    foreign key (town_id, feedback_id) references data.feedback
);

-- 建议批评意见 and 议案.
create table data.suggestion (
    town_id int not null references data.town,
    suggestion_id uuid not null,
    code text not null,
    kind text not null check (kind in ('suggestion', 'bill')),
    title text not null,
    origin_meeting_id uuid,
    submitted_on date not null,
    unit_id uuid,
    state text not null check (
        state in (
            'draft', 'cosigning', 'submitted', 'form_check', 'classified', 'agenda', 'referred',
            'turned_to_suggestion', 'withdrawn', 'assigned', 'returned', 'contacted', 'co_opinion', 'replied',
            'rated', 'rehandle', 'mediated', 'promised', 'kept', 'broken', 'key_supervised', 'reported',
            'published', 'archived', 'closed', 'void'
        )
    ),
    assigned_on date,
    due_on date,
    extended_to date,
    replied_on date,
    result text check (result in ('solved', 'planned', 'explained', 'higher_level')),
    rating text check (rating in ('satisfied', 'mostly_satisfied', 'dissatisfied', 'not_rated')),
    closed_on date,
    plan text,
    primary key (town_id, suggestion_id),
    unique (town_id, code),
    foreign key (town_id, origin_meeting_id) references data.meeting,
    foreign key (town_id, unit_id) references data.unit
);

create index suggestion_submitted on data.suggestion (town_id, submitted_on);

create table data.suggestion_proposer (
    town_id int not null,
    suggestion_id uuid not null,
    position int not null check (position > 0), -- 1: the first, who answers for it
    person_id uuid not null,
    primary key (town_id, suggestion_id, position),
    unique (town_id, suggestion_id, person_id),
    foreign key (town_id, suggestion_id) references data.suggestion,
    foreign key (town_id, person_id) references data.person
);

create table data.deed (
    town_id int not null references data.town,
    deed_id uuid not null,
    code text not null,
    person_id uuid not null,
    done_on date not null,
    kind text not null,
    village_id uuid,
    text text,
    value_yuan bigint check (value_yuan >= 0),
    witness text,
    verified boolean not null,
    void_reason text,
    primary key (town_id, deed_id),
    unique (town_id, code),
    foreign key (town_id, person_id) references data.person,
    foreign key (town_id, village_id) references data.village
);

-- 联系帮带户.
create table data.household (
    town_id int not null references data.town,
    household_id uuid not null,
    code text not null,
    village_id uuid not null,
    head text not null,
    members int not null check (members >= 0),
    starts_on date not null,
    void_reason text,
    primary key (town_id, household_id),
    unique (town_id, code),
    foreign key (town_id, village_id) references data.village
);

create table data.household_helper (
    town_id int not null,
    household_id uuid not null,
    person_id uuid not null,
    position int not null check (position > 0),
    primary key (town_id, household_id, person_id),
    foreign key (town_id, household_id) references data.household,
    foreign key (town_id, person_id) references data.person
);

create table data.fund (
    town_id int not null references data.town,
    fund_id uuid not null,
    code text not null,
    spent_on date not null,
    kind text not null check (kind in ('office_premises', 'room_premises', 'deputy_activity', 'other')),
    person_id uuid,
    group_id uuid,
    amount_yuan bigint not null check (amount_yuan >= 0),
    note text,
    void_reason text,
    primary key (town_id, fund_id),
    unique (town_id, code),
    foreign key (town_id, person_id) references data.person,
    foreign key (town_id, group_id) references data.deputy_group
);

-- 述职测评 and 工作评议: one tally of ballots.
create table data.appraisal (
    town_id int not null references data.town,
    appraisal_id uuid not null,
    code text not null,
    meeting_id uuid not null,
    category text not null check (category in ('group_head', 'village_head', 'deputy', 'unit')),
    subject text, -- the name of a group or village head
    person_id uuid,
    unit_id uuid,
    issued int not null,
    returned int not null,
    invalid int not null,
    excellent int not null,
    competent int not null,
    basic int not null,
    incompetent int not null,
    void_reason text,
    primary key (town_id, appraisal_id),
    unique (town_id, code),
    foreign key (town_id, meeting_id) references data.meeting,
    foreign key (town_id, person_id) references data.person,
    foreign key (town_id, unit_id) references data.unit,
    check (least(invalid, excellent, competent, basic, incompetent) >= 0),
    check (returned <= issued and invalid + excellent + competent + basic + incompetent = returned),
    check (
        case category
            when 'deputy' then person_id is not null and subject is null and unit_id is null
            when 'unit' then unit_id is not null and subject is null and person_id is null
            else subject is not null and person_id is null and unit_id is null
        end
    )
);

-- 创先争优.
create table data.award (
    town_id int not null references data.town,
    award_id uuid not null,
    code text not null,
    awarded_on date not null,
    kind text not null check (kind in ('advanced_group', 'excellent_deputy')),
    group_id uuid,
    person_id uuid,
    amount_yuan bigint not null check (amount_yuan >= 0),
    document text,
    void_reason text,
    primary key (town_id, award_id),
    unique (town_id, code),
    foreign key (town_id, group_id) references data.deputy_group,
    foreign key (town_id, person_id) references data.person,
    check ((kind = 'advanced_group') = (group_id is not null) and (kind = 'excellent_deputy') = (person_id is not null))
);

-- What an import with --update changed: the value before, so that nothing is lost.
create table data.correction (
    town_id int not null references data.town,
    op_id uuid not null,
    file text not null,
    key text not null,
    column_name text not null,
    before text,
    after text,
    recorded_at timestamptz not null default now(),
    primary key (town_id, op_id, file, key, column_name)
);
