-- The life of a record: every step of meetings, leaves, feedback and suggestions, what the steps leave behind, notices,
-- working days, and the change feed.

create table data.step (
    town_id int not null references data.town,
    record_id uuid not null,
    step_no int not null check (step_no > 0),
    -- a leave's record is its meeting
    subject text not null check (subject in ('meeting', 'leave', 'feedback', 'suggestion')),
    action text not null,
    from_state text not null, -- new: it began here
    to_state text not null,
    note text, -- the reason, the answer, what was said
    facts jsonb not null default '{}', -- what else the step named: column -> value before or given
    op_id uuid not null,
    author_id uuid not null,
    device_id uuid,
    recorded_at timestamptz not null,
    primary key (town_id, record_id, step_no)
);

create index step_author on data.step (town_id, author_id, recorded_at);

-- Meetings.

alter table data.meeting
    add agenda text[] not null default '{}',
    add laws text[] not null default '{}', -- of a law check: which laws
    add document text, -- of a deliberation: the report that is heard
    add appraisees text[] not null default '{}', -- of a duty report: group_head, village_head, deputy
    add postponed_from date, -- the day it was first planned for
    add approved_on date;

-- Minutes are only added; the meeting holds the latest text.
create table data.minutes (
    town_id int not null,
    meeting_id uuid not null,
    revision int not null check (revision > 0),
    text text not null,
    author_id uuid, -- null: imported
    device_id uuid,
    op_id uuid not null,
    recorded_at timestamptz not null,
    primary key (town_id, meeting_id, revision),
    foreign key (town_id, meeting_id) references data.meeting
);

create table data.decision (
    town_id int not null,
    meeting_id uuid not null,
    revision int not null, -- of the minutes
    position int not null check (position > 0),
    text text not null,
    in_favour int not null check (in_favour >= 0),
    against int not null check (against >= 0),
    abstained int not null check (abstained >= 0),
    primary key (town_id, meeting_id, revision, position),
    foreign key (town_id, meeting_id, revision) references data.minutes
);

-- Each proof of notice as it was given; the line of the roll holds the one that counts.
create table data.notice_proof (
    town_id int not null,
    meeting_id uuid not null,
    person_id uuid not null,
    op_id uuid not null,
    notice text not null check (notice in ('signed', 'call', 'sync', 'none')),
    notified_on date,
    author_id uuid not null,
    device_id uuid,
    recorded_at timestamptz not null,
    primary key (town_id, meeting_id, person_id, op_id),
    foreign key (town_id, meeting_id, person_id) references data.roll_line,
    check ((notice = 'none') = (notified_on is null))
);

alter table data.leave
    add note text,
    add asked_by uuid, -- accounts; null: imported
    add decided_by uuid,
    add decision_note text;

create index leave_pending on data.leave (town_id, meeting_id) where decision = 'pending' and void_reason is null;

-- A changed mark of a locked meeting waits here for the chair.
create table data.mark_request (
    town_id int not null,
    request_id uuid not null,
    meeting_id uuid not null,
    person_id uuid not null,
    mark data.mark not null,
    reason text not null,
    asked_by uuid not null,
    asked_at timestamptz not null,
    decision text check (decision in ('accepted', 'refused')),
    decided_by uuid,
    decided_at timestamptz,
    decision_note text,
    primary key (town_id, request_id),
    foreign key (town_id, meeting_id, person_id) references data.roll_line
);

create index mark_request_meeting on data.mark_request (town_id, meeting_id);

-- Feedback. `due_on` is when the villager is owed an answer, `step_due_on` when the present step should be over.

alter table data.feedback
    add receipt text, -- what the villager takes home; answerable from any room
    add meeting_id uuid, -- the reception where it was taken
    add co_unit_ids uuid[] not null default '{}',
    add lead_id uuid, -- merged: the item that carries it
    add suggestion_id uuid, -- promoted
    add first_assigned_on date, -- age counts from here and never resets
    add extension_asked_to date,
    add extended_to date, -- once
    add reply_class text check (reply_class in ('solved', 'planned', 'explained', 'higher_level')),
    add reply text,
    add reply_checked_on date,
    add promised_on date, -- class planned: by when
    add delivered_on date,
    add rating_reason text,
    add rehandled int not null default 0,
    add taken_by uuid, -- account; null: imported
    add step_due_on date,
    add state_since date,
    add close_reason text,
    add void_reason text,
    add foreign key (town_id, meeting_id) references data.meeting,
    add foreign key (town_id, lead_id) references data.feedback,
    add foreign key (town_id, suggestion_id) references data.suggestion;

create unique index feedback_receipt on data.feedback (town_id, receipt) where receipt is not null;
create index feedback_lead on data.feedback (town_id, lead_id) where lead_id is not null;
create index feedback_group on data.feedback (town_id, group_id, code);
create index feedback_deputy on data.feedback (town_id, deputy_id);
create index feedback_unit on data.feedback (town_id, unit_id) where unit_id is not null;
create index feedback_open on data.feedback (town_id, state) where state not in ('closed', 'withdrawn', 'void');

alter table data.feedback_identity
    add address text,
    add may_share boolean not null default false, -- the villager agreed that the unit may know them
    add notice_given boolean not null default false; -- told who collects it, why, how long (PIPL art. 17, 35)

-- Every look at an identity.
create table data.identity_look (
    town_id int not null,
    look_id uuid not null default gen_random_uuid(),
    feedback_id uuid not null,
    account_id uuid not null,
    device_id uuid,
    reason text not null check (reason <> ''),
    looked_at timestamptz not null,
    primary key (town_id, look_id),
    foreign key (town_id, feedback_id) references data.feedback
);

create index identity_look_feedback on data.identity_look (town_id, feedback_id, looked_at);

-- Suggestions and bills.

alter table data.suggestion
    add lead_id uuid, -- the deputy who answers for it
    add origin_feedback_id uuid,
    add text text, -- a bill's 案由, 案据 and 方案 are text, grounds and proposal
    add grounds text,
    add proposal text,
    add wording int not null default 1, -- frozen by the first confirmation; a change asks for all of them again
    add co_unit_ids uuid[] not null default '{}',
    add first_assigned_on date,
    add reply text,
    add signed_by text, -- the unit's head
    add promised_on date,
    add attitude text check (attitude in ('satisfied', 'mostly_satisfied', 'dissatisfied', 'not_rated')),
    add rating_reason text,
    add rehandled int not null default 0,
    add supervisor_id uuid, -- 重点督办: the person who leads it
    add agenda_meeting_id uuid,
    add reported_meeting_id uuid,
    add published_on date,
    add published_text text,
    add step_due_on date,
    add state_since date,
    add close_reason text,
    add void_reason text,
    add foreign key (town_id, lead_id) references data.person,
    add foreign key (town_id, origin_feedback_id) references data.feedback,
    add foreign key (town_id, agenda_meeting_id) references data.meeting,
    add foreign key (town_id, reported_meeting_id) references data.meeting,
    add foreign key (town_id, supervisor_id) references data.person;

-- A draft has not been submitted.
alter table data.suggestion alter submitted_on drop not null;

create index suggestion_open on data.suggestion (town_id, state) where state not in ('closed', 'archived', 'void');

create table data.suggestion_wording (
    town_id int not null,
    suggestion_id uuid not null,
    wording int not null check (wording > 0),
    title text not null,
    text text,
    grounds text,
    proposal text,
    op_id uuid not null,
    author_id uuid not null,
    recorded_at timestamptz not null,
    primary key (town_id, suggestion_id, wording),
    foreign key (town_id, suggestion_id) references data.suggestion
);

-- Who was asked to sign a wording, and what each of them said, personally.
create table data.cosigner (
    town_id int not null,
    suggestion_id uuid not null,
    wording int not null,
    person_id uuid not null,
    position int not null check (position > 1), -- 1 is the lead
    answer text check (answer in ('confirmed', 'declined')),
    answered_at timestamptz,
    op_id uuid not null, -- of the answer; of the invitation while there is none
    primary key (town_id, suggestion_id, wording, person_id),
    foreign key (town_id, suggestion_id) references data.suggestion,
    foreign key (town_id, person_id) references data.person
);

create index cosigner_person on data.cosigner (town_id, person_id) where answer is null;

-- Notices: to one person, one group's room, one unit or one role.
create table data.notice (
    town_id int not null references data.town,
    notice_id uuid not null,
    person_id uuid,
    group_id uuid,
    unit_id uuid,
    role text,
    subject text check (subject in ('meeting', 'feedback', 'suggestion')), -- null: a message
    record_id uuid,
    title text not null,
    text text not null default '',
    sent_at timestamptz not null,
    sender_id uuid not null,
    op_id uuid not null,
    primary key (town_id, notice_id),
    foreign key (town_id, person_id) references data.person,
    foreign key (town_id, group_id) references data.deputy_group,
    foreign key (town_id, unit_id) references data.unit,
    check (num_nonnulls(person_id, group_id, unit_id, role) = 1),
    check ((subject is null) = (record_id is null))
);

create index notice_person on data.notice (town_id, person_id, sent_at) where person_id is not null;
create index notice_group on data.notice (town_id, group_id, sent_at) where group_id is not null;
create index notice_unit on data.notice (town_id, unit_id, sent_at) where unit_id is not null;
create index notice_role on data.notice (town_id, role, sent_at) where role is not null;
create index notice_sender on data.notice (town_id, sender_id, sent_at);
create index notice_record on data.notice (town_id, record_id) where record_id is not null;

-- Who has read it: the addressee's own account, or one of the room, the unit, the role.
create table data.notice_receipt (
    town_id int not null,
    notice_id uuid not null,
    account_id uuid not null,
    received_at timestamptz not null,
    op_id uuid not null,
    primary key (town_id, notice_id, account_id),
    foreign key (town_id, notice_id) references data.notice
);

-- Codes given at the centre: the last number of each kind.
create table data.counter (
    town_id int not null references data.town,
    subject text not null,
    last int not null,
    primary key (town_id, subject)
);

-- Days that differ from the week: holidays, and weekend days that are worked (调休). Of the installation: the State
-- Council's yearly notice.
create table data.calendar_day (
    day date primary key,
    working boolean not null,
    name text not null
);

insert into data.calendar_day (day, working, name)
select d::date, false, h.name
from (
    values
    ('2024-01-01', '2024-01-01', '元旦'), ('2024-02-10', '2024-02-17', '春节'), ('2024-04-04', '2024-04-06', '清明节'),
    ('2024-05-01', '2024-05-05', '劳动节'), ('2024-06-10', '2024-06-10', '端午节'), ('2024-09-15', '2024-09-17', '中秋节'),
    ('2024-10-01', '2024-10-07', '国庆节'),
    ('2025-01-01', '2025-01-01', '元旦'), ('2025-01-28', '2025-02-04', '春节'), ('2025-04-04', '2025-04-06', '清明节'),
    ('2025-05-01', '2025-05-05', '劳动节'), ('2025-05-31', '2025-06-02', '端午节'),
    ('2025-10-01', '2025-10-08', '国庆节、中秋节'),
    ('2026-01-01', '2026-01-03', '元旦'), ('2026-02-15', '2026-02-23', '春节'), ('2026-04-04', '2026-04-06', '清明节'),
    ('2026-05-01', '2026-05-05', '劳动节'), ('2026-06-19', '2026-06-21', '端午节'), ('2026-09-25', '2026-09-27', '中秋节'),
    ('2026-10-01', '2026-10-07', '国庆节')
) as h (starts_on, ends_on, name)
cross join lateral generate_series(h.starts_on::date, h.ends_on::date, '1 day') as d;

insert into data.calendar_day (day, working, name)
select d::date, true, '调休上班'
from unnest(
    array[
        '2024-02-04', '2024-02-18', '2024-04-07', '2024-04-28', '2024-05-11', '2024-09-14', '2024-09-29', '2024-10-12',
        '2025-01-26', '2025-02-08', '2025-04-27', '2025-09-28', '2025-10-11',
        '2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'
    ]
) as d;

-- The change feed. The ledger says which records an operation changed; whoever pulls first gives what has become
-- visible its place. `place` follows what an operation could see: it is drawn after the operation's effects, and what
-- those waited for had committed, so of two operations where one saw the other the later one has the higher place.
create sequence data.operation_place;

alter table data.operation
    add topics int, -- bits of lvzhi.v1.Topic; null: nothing that anybody follows
    add record_id uuid,
    add clock_off_ms bigint, -- the device's clock less ours when it connected; null: it did not say
    add place bigint not null default nextval('data.operation_place');

-- Partial, as operation_device.
create index operation_feed on data.operation (town_id, xact) where topics is not null;

create table data.change (
    town_id int not null,
    seq bigint not null,
    op_id uuid not null,
    primary key (town_id, seq),
    unique (town_id, op_id),
    foreign key (town_id, op_id) references data.operation
);

create table data.feed (
    town_id int primary key references data.town,
    last_seq bigint not null,
    settled xid8 not null, -- every operation of an older transaction has its number
    epoch_id uuid not null, -- whose transactions `settled` counts (lv.epoch_id)
    old_place bigint not null -- operations up to here are of an earlier epoch and have their number
);

-- Search. Pinyin initials of Chinese text: ICU sorts Chinese by pinyin, so the initial is the range a character falls
-- into. `外山口` -> `wsk`; what is no Chinese character stays, in lower case.
create function data.initials(of_text text) returns text language sql immutable strict parallel safe as $$
    select string_agg(
        case
            when c.c between '一' and '鿿' then substr('-abcdefghjklmnopqrstwxyz', 1 + width_bucket(
                c.c collate "zh-x-icu",
                array[
                    '阿', '八', '嚓', '咑', '妸', '发', '旮', '哈', '丌', '咔', '垃', '妈', '拏', '噢', '妑', '七', '呥',
                    '仨', '他', '屲', '夕', '丫', '帀'
                ]
            ), 1)
            else lower(c.c)
        end,
        '' order by c.position
    )
    from unnest(string_to_array(of_text, null)) with ordinality as c (c, position)
$$;

-- A name whose surname reads otherwise than its character mostly does, with the surname's initial: 单小明 -> s小明; of
-- any other name nothing. ICU knows the common reading only (dan).
create function data.surname(name text) returns text language sql immutable strict parallel safe as $$
    select case
        when left(name, 1) <> translate(left(name, 1), r.characters, r.initials)
            then translate(left(name, 1), r.characters, r.initials) || substr(name, 2)
        else ''
    end
    from (
        values (
            '单仇解查区翟曾尉蔚覃种秘繁折召句郇祭阚粘隗藏参乜乐',
            'sqxzozzyyqcbpssgxzknwzsny'
        )
    ) as r (characters, initials)
$$;

-- What a text is found by: each pair of neighbouring characters, in lower case, without blanks; of a name also the
-- pairs of its initials, marked by `~`. A text that holds a query's pairs is a candidate; whoever asks looks at it
-- again. The cost keeps plans from computing it where the index has it.
create function data.search_terms(name text, body text) returns text[]
language sql immutable parallel safe cost 100000 as $$
    select array_agg(w.mark || c.c || c.next)
    from (
        values
        ('', regexp_replace(lower(name), '\s', '', 'g')),
        ('', regexp_replace(lower(body), '\s', '', 'g')),
        ('~', regexp_replace(data.initials(name), '\s', '', 'g'))
    ) as w (mark, word)
    cross join lateral unnest(string_to_array(w.word, null), string_to_array(substr(w.word, 2), null)) as c (c, next)
    where c.next is not null
$$;

-- With the town in the index: one town's rare word may be another's most common one; and, where there is much, with
-- whose it is and the day. lv.search_source has the same expressions. A search reads what waits to be put into the
-- index row by row: that is kept short.
create extension if not exists btree_gin;

create index person_search on data.person using gin (
    town_id, data.search_terms(name || '/' || code || '/' || data.surname(name), '')
);
create index meeting_search on data.meeting using gin (
    town_id, data.search_terms(title || '/' || code, coalesce(place, '') || '/' || coalesce(minutes, ''))
) with (gin_pending_list_limit = 256);
create index feedback_search on data.feedback using gin (
    town_id, data.search_terms(topic || '/' || code, text), group_id, deputy_id, received_on
) with (gin_pending_list_limit = 256);
create index suggestion_search on data.suggestion using gin (
    town_id, data.search_terms(title || '/' || code, coalesce(text, ''))
) with (gin_pending_list_limit = 256);
