-- The numbers of rules.md sections 1 and 2. A row of data.setting overrides one from a day on; an evaluation uses those
-- in force on the last day of its period.

-- The one list of keys, with their defaults: a column is a key.
create view lv.default_settings with (security_invoker = true) as select
    7 as notice_days_congress, -- told this many days before the day held, or not liable
    3 as notice_days_other,
    5 as leave_days_congress,  -- leave asked this many days before is in time
    0 as leave_days_group,     -- group meetings and voter receptions
    3 as leave_days_other,
    5 as leave_retro_days,     -- leave asked this many days after still counts when approved
    1 as meetings_unexcused_1, -- no_meetings: unexcused for level 1, 2, 3
    2 as meetings_unexcused_2,
    3 as meetings_unexcused_3,
    1 as congress_unexcused_2, -- no_meetings: congress sessions unexcused for level 2, 3
    2 as congress_unexcused_3,
    3 as meetings_counted,     -- no_meetings: below this many counted there is no rate
    80.0 as meetings_rate_2,   -- no_meetings: percent attended, below which level 2, 3
    60.0 as meetings_rate_3,
    1 as activities_unexcused_1,
    2 as activities_unexcused_2,
    3 as activities_unexcused_3,
    2 as activities_none_attended_3, -- no_activities: unexcused for level 3 with none attended
    180 as voices_days_1,      -- no_voices: days in office for level 1, 2; length of the period for level 3
    270 as voices_days_2,
    180 as voices_days_3,
    3 as voter_contacts_2,     -- no_voices: fewer voter contacts than this for level 2, 3
    1 as voter_contacts_3,
    90 as observation_days_1,  -- fewer days in office: no level above 1
    3 as nots_for_case,        -- so many nots are put up as a case
    2 as group_activities,     -- a group that held fewer in the year gets a finding of its own
    3 as suggestion_months,    -- a suggestion is due after assignment, and when extended by decision
    6 as suggestion_months_extended,
    -- domain.md E2-E4; days are working days unless they are called calendar days
    3 as meeting_minutes_days,
    5 as meeting_confirm_days,
    10 as meeting_approve_days,
    7 as meeting_lock_days,    -- calendar days after approval
    2 as quorum_thirds_congress, -- of all town deputies in office (Organic Law art. 14)
    2 as quorum_thirds_presidium,
    0 as quorum_thirds_other,  -- 0: none is asked for
    3 as feedback_screen_days,
    15 as feedback_info_days,
    10 as feedback_explain_days,
    5 as feedback_assign_days,
    3 as feedback_return_days,
    10 as feedback_contact_days,
    30 as feedback_reply_days, -- calendar days
    30 as feedback_extend_days, -- calendar days, at most
    3 as feedback_check_days,
    5 as feedback_deliver_days,
    20 as feedback_rate_days,
    1 as feedback_rehandle_months,
    10 as feedback_escalate_days,
    12 as feedback_reopen_months,
    30 as feedback_identity_days, -- calendar days a clerk may look at an identity they took
    -- cases of the three nots (domain.md E1.7); days are working days
    5 as case_check_days,
    5 as case_notify_days,
    10 as case_statement_days, -- from the day they were told
    10 as case_review_days,
    10 as case_reopen_days,
    6 as case_help_months,
    50 as case_majority_percent, -- more than this of the presidium's members must be for it
    -- money, deeds, households, awards (domain.md A5, A7, D2.11, D2.12)
    0 as activity_money_city,  -- 1: deputies of the level are entitled to activity money
    1 as activity_money_county,
    1 as activity_money_town,
    1000 as fund_chair_yuan,   -- spending of so much or more is not confirmed without the chair
    30 as deed_near_days,      -- deeds in one village so near in time may be the same
    60 as deed_alike_percent,  -- and those whose texts share so much
    90 as household_visit_days, -- a household is visited within so many days
    20 as award_quota_percent, -- excellent deputies, of those in office in the year
    -- 80_seal.sql, 81_personal.sql
    10 as seal_minutes,        -- a seal at most so often
    2 as identity_years,       -- a villager's name, phone and address end so long after the matter
    15 as personal_request_days, -- to decide on a resident's request
    5 as suggestion_bill_proposers, -- town deputies, the lead included (Organic Law art. 22)
    5 as suggestion_check_days,
    10 as suggestion_assign_days,
    10 as suggestion_return_days,
    20 as suggestion_contact_days,
    1 as suggestion_opinion_months,
    20 as suggestion_rate_days,
    -- domain.md A3: last year's cards
    60 as card_sign_days,      -- calendar days from the new year on
    -- domain.md D2.4, A3
    200 as room_numbers_ahead, -- a written number may be so far beyond its room's highest
    20 as register_lines, -- a page of a register
    -- Attachments (64_attachment.sql): a setting of 0 takes a type out.
    8 as attachment_mb,        -- 1048576 bytes each, of one file
    20 as attachment_count,    -- of one record
    1 as attachment_jpeg,
    1 as attachment_png,
    1 as attachment_pdf,
    8 as attachment_uploads,   -- unfinished, of one account
    48 as attachment_upload_hours, -- unfinished for so long: cleared away
    30 as attachment_look_minutes, -- for which a look at a sealed original lets read it
    -- domain.md E3, B2: what activities lead to, appraisals, training
    5 as follow_up_forward_days,
    30 as follow_up_plan_days,  -- calendar days
    3 as follow_up_answer_months,
    20 as follow_up_recheck_days,
    1 as follow_up_rehandle_months,
    80.0 as appraisal_competent_rate, -- percent of the valid ballots, excellent and competent together
    50.0 as appraisal_basic_rate,
    50 as appraisal_voters,     -- fewer ballots at a duty report: it is said
    10 as appraisal_deliver_days,
    8 as self_study_day_hours,
    -- domain.md A3, A4: group papers, 七有, target sheets; a month and day as 331
    331 as group_plan_due,
    1231 as group_summary_due,
    12 as haves_photo_months,
    1 as haves_quarter_records,
    1 as haves_half_contacts,
    1 as haves_deeds,
    100.0 as haves_cards_rate,  -- percent of the members whose cards are signed
    5.0 as target_report_deduction,
    2.0 as target_activity_deduction,
    601 as target_check_from,
    1201 as target_settle_from,
    1 as suggestion_rehandle_months;

-- As rows; holds_from is null where the default holds.
create function lv.settings_on(day date) returns table (key text, value numeric, holds_from date)
language sql stable as $$
    select d.key, coalesce(s.value, d.value::numeric), s.holds_from
    from lv.default_settings as defaults
    cross join lateral jsonb_each_text(to_jsonb(defaults)) as d (key, value)
    left join lateral (
        select s.value, s.holds_from
        from data.setting as s
        where s.town_id = lv.town_id() and s.key = d.key and s.holds_from <= day
        order by s.holds_from desc
        limit 1
    ) as s on true
$$;

-- As one record, to compute with.
create function lv.settings(day date) returns lv.default_settings language sql stable as $$
    select jsonb_populate_record(d, (select jsonb_object_agg(s.key, s.value) from lv.settings_on(day) as s))
    from lv.default_settings as d
$$;

-- One of them, for who asks row by row: the whole record costs a look at every key.
create function lv.setting(of_key text, day date) returns numeric language sql stable as $$
    select coalesce(
        (
            select s.value
            from data.setting as s
            where s.town_id = lv.town_id() and s.key = of_key and s.holds_from <= day
            order by s.holds_from desc
            limit 1
        ),
        (select (to_jsonb(d) ->> of_key)::numeric from lv.default_settings as d)
    )
$$;
