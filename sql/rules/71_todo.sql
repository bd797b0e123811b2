-- What waits for whom: computed from the states of the records, never stored.

create type lv.todo as (
    subject text, -- meeting, leave, correction, feedback, suggestion, case, notice
    rule text,    -- what is to be done
    record_id uuid,
    code text,
    title text,
    person_code text,
    since_on date,
    due_on date
);

-- Who is to do what next: where a record stands, which facts must be true of it (their names stand where they are
-- found, below), and by which of a meeting's days. `watch`: another's step that is late; who has a step of their own in
-- the record is not shown it.
create view lv.todo_state with (security_invoker = true) as
select t.subject, t.states, t.roles, t.facts, t.due, t.watch, t.rule
from (
    values
    -- Meetings: `own`: of the clerk's or leader's group; the office's and the chair's own are the whole town's.
    (
        'meeting', '{planned}'::text[], '{clerk,leader,office}'::text[], '{own,near}'::text[], 'notify', false,
        'todo_meeting_notify'
    ),
    (
        'meeting', '{notified}', '{clerk,leader,office}', '{own,ahead,unproved}', 'notify', false,
        'todo_notice_proofs'
    ),
    ('meeting', '{notified}', '{clerk,leader,office}', '{own,held}', 'held', false, 'todo_meeting_open'),
    ('meeting', '{open}', '{clerk,leader,office}', '{own,past}', 'held', false, 'todo_meeting_close'),
    ('meeting', '{closed}', '{clerk,leader,office}', '{own,unmarked}', 'minutes', false, 'todo_unknown_marks'),
    ('meeting', '{closed}', '{clerk,leader,office}', '{own,without_minutes}', 'minutes', false, 'todo_minutes'),
    ('meeting', '{closed}', '{clerk,leader,office}', '{own,sent_back}', 'minutes', false, 'todo_minutes_again'),
    ('meeting', '{open,closed,approved}', '{office}', '{conflict}', 'minutes', false, 'todo_conflict'),
    ('meeting', '{closed}', '{leader,chair}', '{own,written,anothers}', 'confirm', false, 'todo_minutes_confirm'),
    (
        'meeting', '{closed}', '{office}', '{confirmed,complete,anothers,plain}', 'approve', false,
        'todo_minutes_approve'
    ),
    ('meeting', '{closed}', '{chair}', '{own,confirmed,complete,anothers}', 'approve', false, 'todo_minutes_approve'),
    ('meeting', '{approved}', '{office}', '{settled}', 'lock', false, 'todo_meeting_lock'),
    ('meeting', '{postponed}', '{clerk,leader,office}', '{own}', null, false, 'todo_meeting_replan'),
    -- Feedback.
    ('feedback', '{draft}', '{deputy,clerk}', '{}', null, false, 'todo_feedback_register'),
    ('feedback', '{registered}', '{deputy,clerk}', '{}', null, false, 'todo_feedback_submit'),
    ('feedback', '{need_info}', '{deputy,clerk}', '{}', null, false, 'todo_feedback_info'),
    ('feedback', '{replied}', '{deputy,clerk}', '{checked}', null, false, 'todo_feedback_deliver'),
    ('feedback', '{explained}', '{deputy,clerk}', '{}', null, false, 'todo_feedback_deliver'),
    ('feedback', '{merged}', '{deputy,clerk}', '{lead_checked}', null, false, 'todo_feedback_deliver'),
    ('feedback', '{delivered}', '{deputy,clerk}', '{}', null, false, 'todo_feedback_rate'),
    ('feedback', '{wait_rating}', '{deputy,clerk}', '{unrated}', null, false, 'todo_feedback_rate'),
    ('feedback', '{registered,screening}', '{office}', '{}', null, false, 'todo_feedback_screen'),
    ('feedback', '{need_info}', '{office}', '{step_past}', null, false, 'todo_feedback_give_up'),
    ('feedback', '{returned,reopened}', '{office}', '{}', null, false, 'todo_feedback_assign'),
    ('feedback', '{accepted,handling}', '{office}', '{extension_asked}', null, false, 'todo_feedback_extension'),
    ('feedback', '{replied}', '{office}', '{unchecked}', null, false, 'todo_feedback_check'),
    ('feedback', '{wait_rating}', '{office}', '{rated}', null, false, 'todo_feedback_close'),
    ('feedback', '{wait_rating}', '{office}', '{unrated,step_past}', null, false, 'todo_feedback_close_unrated'),
    ('feedback', '{redirected}', '{office}', '{}', null, false, 'todo_feedback_close'),
    ('feedback', '{promoted}', '{office}', '{suggestion_over}', null, false, 'todo_feedback_close'),
    ('feedback', '{promised}', '{office}', '{promise_day}', null, false, 'todo_feedback_promise'),
    ('feedback', '{assigned}', '{unit}', '{}', null, false, 'todo_feedback_accept'),
    ('feedback', '{accepted,handling,extended,rehandle}', '{unit}', '{}', null, false, 'todo_feedback_reply'),
    ('feedback', '{escalated}', '{chair}', '{}', null, false, 'todo_feedback_supervise'),
    ('feedback', null, '{office}', '{past}', null, true, 'todo_late'),
    ('feedback', null, '{chair}', '{very_late}', null, true, 'todo_very_late'),
    ('feedback', null, '{chair}', '{overdue}', null, true, 'todo_overdue'),
    -- Cases. `to_check`: nobody has asked for corrections since it was computed; `no_hand`: the caller may review it.
    ('case', '{data_check}', '{leader}', '{to_check}', null, false, 'todo_case_check'),
    ('case', '{data_check}', '{chair}', '{to_check,without_leader}', null, false, 'todo_case_check'),
    ('case', '{data_check}', '{office}', '{to_correct}', null, false, 'todo_case_correct'),
    ('case', '{checked}', '{office}', '{}', null, false, 'todo_case_notify'),
    ('case', '{notified}', '{office}', '{}', null, false, 'todo_case_deliver'),
    ('case', '{wait_statement}', '{deputy}', '{}', null, false, 'todo_case_state'),
    ('case', '{wait_statement}', '{office}', '{step_past}', null, false, 'todo_case_go_on'),
    ('case', '{review}', '{office,chair}', '{no_hand}', null, false, 'todo_case_review'),
    ('case', '{decision}', '{chair}', '{talk}', null, false, 'todo_case_talk'),
    ('case', '{decision}', '{chair}', '{decide}', null, false, 'todo_case_decide'),
    ('case', '{help_plan}', '{office}', '{unplanned}', null, false, 'todo_case_plan'),
    ('case', '{help_plan,carried}', '{chair}', '{plan_over}', null, false, 'todo_case_clear'),
    ('case', '{reopened}', '{chair}', '{}', null, false, 'todo_case_reopened'),
    ('case', null, '{office}', '{stale}', null, false, 'todo_case_stale'),
    ('case', null, '{office}', '{past}', null, true, 'todo_late'),
    ('case', null, '{chair}', '{very_late}', null, true, 'todo_very_late'),
    ('case', null, '{chair}', '{overdue}', null, true, 'todo_overdue'),
    -- Money, deeds, households, awards. `anothers`: recorded by somebody else, and not about the caller.
    ('fund', '{recorded}', '{office}', '{unsigned}', null, false, 'todo_fund_sign'),
    ('fund', '{recorded}', '{office}', '{anothers,signed,without_chair}', null, false, 'todo_fund_confirm'),
    ('fund', '{recorded}', '{chair}', '{anothers,signed,with_chair}', null, false, 'todo_fund_confirm'),
    ('deed', '{claimed}', '{leader,office}', '{anothers}', null, false, 'todo_deed_verify'),
    ('deed', '{rejected}', '{deputy,clerk}', '{}', null, false, 'todo_deed_rejected'),
    ('household', '{active}', '{deputy,clerk}', '{unvisited}', null, false, 'todo_household_visit'),
    ('award', '{nominated}', '{leader,office}', '{anothers}', null, false, 'todo_award_verify'),
    ('award', '{verified}', '{chair}', '{anothers}', null, false, 'todo_award_decide'),
    ('award', '{decided}', '{office}', '{}', null, false, 'todo_award_pay'),
    -- Attachments: `uncopied`: sealed, and others wait for the redacted copy; `openable` by the caller.
    ('attachment', '{kept}', '{deputy,clerk,office}', '{uncopied,openable}', null, false, 'todo_attachment_redact'),
    -- Suggestions and bills. Deputies are told of their own; `invited`: to sign somebody else's.
    ('suggestion', '{draft}', '{deputy}', '{lead}', null, false, 'todo_suggestion_submit'),
    ('suggestion', '{cosigning}', '{deputy}', '{lead,all_answered}', null, false, 'todo_suggestion_submit'),
    ('suggestion', '{cosigning}', '{deputy}', '{invited}', null, false, 'todo_suggestion_cosign'),
    ('suggestion', '{replied}', '{deputy}', '{lead}', null, false, 'todo_suggestion_rate'),
    ('suggestion', '{submitted}', '{office}', '{}', null, false, 'todo_suggestion_check'),
    ('suggestion', '{form_check}', '{office}', '{}', null, false, 'todo_suggestion_classify'),
    ('suggestion', '{classified}', '{office}', '{suggestion}', null, false, 'todo_suggestion_assign'),
    ('suggestion', '{turned_to_suggestion,returned}', '{office}', '{}', null, false, 'todo_suggestion_assign'),
    ('suggestion', '{rated}', '{office}', '{content}', null, false, 'todo_suggestion_close'),
    ('suggestion', '{kept}', '{office}', '{}', null, false, 'todo_suggestion_close'),
    ('suggestion', '{replied}', '{office}', '{step_past}', null, false, 'todo_suggestion_close_unrated'),
    ('suggestion', '{promised}', '{office}', '{promise_day}', null, false, 'todo_suggestion_promise'),
    ('suggestion', '{reported}', '{office}', '{}', null, false, 'todo_suggestion_publish'),
    ('suggestion', '{published}', '{office}', '{}', null, false, 'todo_suggestion_archive'),
    ('suggestion', '{assigned}', '{unit}', '{main_unit}', null, false, 'todo_suggestion_contact'),
    (
        'suggestion', '{contacted,co_opinion,rehandle,mediated,key_supervised}', '{unit}', '{main_unit}', null, false,
        'todo_suggestion_reply'
    ),
    (
        'suggestion', '{assigned,contacted,co_opinion,key_supervised}', '{unit}', '{co_unit}', null, false,
        'todo_suggestion_opinion'
    ),
    ('suggestion', '{classified}', '{chair}', '{bill}', null, false, 'todo_bill_place'),
    ('suggestion', '{agenda,referred}', '{chair}', '{}', null, false, 'todo_bill_decide'),
    ('suggestion', '{rated}', '{chair}', '{dissatisfied}', null, false, 'todo_suggestion_mediate'),
    ('suggestion', '{broken}', '{chair}', '{}', null, false, 'todo_suggestion_supervise'),
    ('suggestion', null, '{office}', '{past}', null, true, 'todo_late'),
    ('suggestion', null, '{chair}', '{very_late}', null, true, 'todo_very_late'),
    ('suggestion', null, '{chair}', '{overdue}', null, true, 'todo_overdue'),
    -- What activities lead to, ballots, self-study, a group's papers and target sheet. `own`: as of meetings.
    ('follow_up', '{new}', '{leader,office}', '{own}', null, false, 'todo_follow_up_write'),
    ('follow_up', '{draft}', '{office,chair}', '{anothers}', null, false, 'todo_follow_up_forward'),
    ('follow_up', '{forwarded}', '{unit}', '{planning}', null, false, 'todo_follow_up_plan'),
    ('follow_up', '{forwarded}', '{unit}', '{answering}', null, false, 'todo_follow_up_answer'),
    ('follow_up', '{planned}', '{unit}', '{}', null, false, 'todo_follow_up_answer'),
    ('follow_up', '{answered}', '{leader,office}', '{own}', null, false, 'todo_follow_up_recheck'),
    ('follow_up', '{recheck}', '{leader,office}', '{own,day_come}', null, false, 'todo_follow_up_settle'),
    ('follow_up', null, '{office}', '{past}', null, true, 'todo_late'),
    ('follow_up', null, '{chair}', '{very_late}', null, true, 'todo_very_late'),
    ('follow_up', null, '{chair}', '{overdue}', null, true, 'todo_overdue'),
    ('appraisal', '{counting}', '{clerk,leader,office}', '{own,anothers}', null, false, 'todo_count_again'),
    ('appraisal', '{differing}', '{clerk,leader,office}', '{own}', null, false, 'todo_recount'),
    ('appraisal', '{counted}', '{leader,office}', '{own}', null, false, 'todo_announce'),
    ('appraisal', '{announced}', '{leader,office}', '{own}', null, false, 'todo_appraisal_deliver'),
    ('self_study', '{noted}', '{leader,chair}', '{own,anothers}', null, false, 'todo_self_study'),
    ('paper', '{new}', '{clerk,leader}', '{}', null, false, 'todo_paper_write'),
    ('paper', '{draft}', '{clerk,leader}', '{}', null, false, 'todo_paper_submit'),
    ('paper', '{submitted}', '{office}', '{anothers}', null, false, 'todo_paper_approve'),
    ('target', '{draft}', '{leader,chair}', '{unsigned}', null, false, 'todo_target_sign'),
    ('target', '{signed}', '{office}', '{check_day}', null, false, 'todo_target_check'),
    ('target', '{checked}', '{chair}', '{settle_day}', null, false, 'todo_target_settle')
) as t (subject, states, roles, facts, due, watch, rule);

-- The names of what is true in an object of booleans.
create function lv.facts(named jsonb) returns text[] language sql immutable as $$
    select coalesce(array_agg(e.key), '{}') from jsonb_each(named) as e where e.value = 'true'
$$;

-- What a late step is called, beside `past`.
create function lv.late_facts(due date, today date) returns text[] language sql immutable as $$
    select case when due < today then array['past', lv.lateness(due, today)] else '{}' end
$$;

-- Has a line of the roll no mark, although the person was in office? (roll_lines() says `unknown` of it.)
create function lv.is_unmarked(meeting uuid, day date) returns boolean language plpgsql stable as $$
begin
    return exists (
        select
        from data.roll_line as r
        where
            (r.town_id, r.meeting_id) = (lv.town_id(), meeting)
            and not exists (
                select
                from data.attendance_mark as a
                where (a.town_id, a.meeting_id, a.person_id) = (r.town_id, r.meeting_id, r.person_id)
            )
            and exists (
                select
                from lv.mandate_days as d
                where (d.town_id, d.person_id) = (r.town_id, r.person_id) and d.days @> day
            )
    );
end
$$;

-- What has become of a closed meeting's minutes: without_minutes, written, sent_back or confirmed; and whether the
-- caller did not write them.
create function lv.minutes_facts(who data.caller, meeting uuid, minutes text) returns text[]
language plpgsql stable as $$
declare
    last_action text := (
        select s.action
        from data.step as s
        where
            (s.town_id, s.record_id) = (lv.town_id(), meeting)
            and s.subject = 'meeting' and s.action in ('write_minutes', 'confirm', 'send_back')
        order by s.step_no desc
        limit 1
    );
    writer uuid := (lv.latest_minutes(meeting)).author_id;
begin
    return array[
        case
            when coalesce(minutes, '') = '' then 'without_minutes'
            when last_action = 'send_back' then 'sent_back'
            when last_action = 'confirm' then 'confirmed'
            else 'written'
        end,
        case when writer is null or not lv.is_same_actor(who, writer) then 'anothers' end
    ];
end
$$;

create function lv.todo_meetings(who data.caller) returns setof lv.todo language plpgsql stable as $$
declare
    today date := lv.today();
    s lv.default_settings := lv.settings(today);
    conflicts uuid[];
begin
    if (who).role = 'office' then
        conflicts := array(select distinct c.meeting_id from lv.mark_conflict as c where c.town_id = lv.town_id());
    end if;
    return query
    select
        'meeting', t.rule, m.meeting_id, m.code, m.title, null::text,
        coalesce(
            (
                select (max(p.recorded_at) at time zone d.time_zone)::date
                from data.step as p
                where (p.town_id, p.record_id, p.subject, p.to_state) = (m.town_id, m.meeting_id, 'meeting', m.state)
            ),
            case when m.state not in ('planned', 'notified') then m.held_on end
        ),
        case t.due
            when 'notify' then n.by_on
            when 'held' then m.held_on
            when 'minutes' then lv.add_working_days(m.held_on, s.meeting_minutes_days)
            when 'confirm' then lv.add_working_days(m.held_on, s.meeting_confirm_days)
            when 'approve' then lv.add_working_days(m.held_on, s.meeting_approve_days)
            when 'lock' then m.approved_on + s.meeting_lock_days
        end
    from data.meeting as m
    join data.town as d on d.town_id = m.town_id
    cross join lateral (
        select
            m.held_on - case m.kind
                when 'congress_session' then s.notice_days_congress
                else s.notice_days_other
            end as by_on,
            case
                when (who).role in ('clerk', 'leader') then coalesce(m.group_id = (who).group_id, false)
                else m.group_id is null
            end as own
    ) as n
    cross join lateral (
        select lv.facts(jsonb_build_object(
            'own', n.own,
            'plain', m.kind not in ('congress_session', 'presidium_meeting'), -- those are the chair's to approve
            'near', today >= n.by_on - 7,
            'ahead', today <= m.held_on,
            'held', today >= m.held_on,
            'past', today > m.held_on,
            'settled', coalesce(today >= m.approved_on + s.meeting_lock_days, true),
            'unproved', m.state = 'notified' and exists (
                select
                from data.roll_line as r
                where (r.town_id, r.meeting_id) = (m.town_id, m.meeting_id) and r.notice = 'none'
            ),
            'conflict', m.meeting_id = any (conflicts)
        )) || case
            when m.state = 'closed' then lv.minutes_facts(who, m.meeting_id, m.minutes) || case
                when lv.is_unmarked(m.meeting_id, m.held_on) then 'unmarked'
                else 'complete'
            end
        end as facts
    ) as f
    join lv.todo_state as t
        on t.subject = 'meeting' and m.state = any (t.states) and (who).role = any (t.roles) and t.facts <@ f.facts
    where
        m.town_id = lv.town_id() and m.state not in ('locked', 'cancelled')
        and (n.own or (who).role not in ('clerk', 'leader'));
end
$$;

-- Leaves to decide: a group meeting's leader, else the chair. Corrections of locked meetings: the chair.
create function lv.todo_leaves(who data.caller) returns setof lv.todo language plpgsql stable as $$
begin
    return query
    select
        'leave', 'todo_leave', m.meeting_id, m.code, m.title, p.code, l.asked_on,
        case when l.asked_on < m.held_on then m.held_on - 1 end
    from data.leave as l
    join data.meeting as m on (m.town_id, m.meeting_id) = (l.town_id, l.meeting_id)
    join data.person as p on (p.town_id, p.person_id) = (l.town_id, l.person_id)
    where
        l.town_id = lv.town_id() and l.decision = 'pending' and l.void_reason is null
        and m.state not in ('cancelled', 'postponed')
        and case (who).role
            when 'leader' then m.group_id = (who).group_id
            when 'chair' then m.group_id is null
            else false
        end;
    return query
    select
        'correction', 'todo_correction', m.meeting_id, m.code, m.title, p.code,
        (q.asked_at at time zone t.time_zone)::date, null::date
    from data.mark_request as q
    join data.town as t on t.town_id = q.town_id
    join data.meeting as m on (m.town_id, m.meeting_id) = (q.town_id, q.meeting_id)
    join data.person as p on (p.town_id, p.person_id) = (q.town_id, q.person_id)
    where q.town_id = lv.town_id() and q.decision is null and (who).role = 'chair';
end
$$;

-- When the present step should be over, or, while the answer is owed, the answer: whichever comes first, as in
-- feedback_lateness() and suggestion_lateness(). Imported rows know the answer's day only.
create function lv.record_due(step_due date, answer_owed boolean, answer_due date) returns date
language sql immutable as $$
    select least(step_due, case when answer_owed then answer_due end)
$$;

create function lv.todo_feedback(who data.caller) returns setof lv.todo language plpgsql stable as $$
declare
    today date := lv.today();
begin
    return query
    select distinct on (f.feedback_id)
        'feedback', t.rule, f.feedback_id, f.code, f.topic, null::text,
        coalesce(f.state_since, greatest(f.received_on, f.assigned_on, f.replied_on, f.delivered_on)), d.due_on
    from data.feedback as f
    left join data.feedback as l on (l.town_id, l.feedback_id) = (f.town_id, f.lead_id)
    left join data.suggestion as s on (s.town_id, s.suggestion_id) = (f.town_id, f.suggestion_id)
    cross join lateral (
        select
            case f.state
                when 'promised' then f.promised_on
                when 'merged' then null -- its lead's days are its own
                else lv.record_due(
                    f.step_due_on, f.state in ('assigned', 'returned', 'accepted', 'handling', 'extended'),
                    coalesce(f.extended_to, f.due_on)
                )
            end as due_on,
            -- After a rehandling the first rating still stands there.
            f.rating is not null and f.rating <> 'dissatisfied' as rated,
            coalesce(f.reply_checked_on >= f.replied_on, false) as checked
    ) as d
    cross join lateral (
        select lv.late_facts(d.due_on, today) || lv.facts(jsonb_build_object(
            'rated', d.rated, 'unrated', not d.rated,
            'checked', d.checked, 'unchecked', not d.checked,
            'lead_checked', l.reply_checked_on is not null,
            'step_past', f.step_due_on < today,
            'extension_asked', f.extension_asked_to is not null and f.extended_to is null,
            'promise_day', coalesce(f.promised_on <= today, true),
            'suggestion_over', coalesce(
                s.state in ('closed', 'reported', 'published', 'archived', 'withdrawn', 'void'), true
            )
        )) as facts
    ) as c
    join lv.todo_state as t
        on t.subject = 'feedback' and coalesce(f.state = any (t.states), f.state <> 'draft')
        and (who).role = any (t.roles) and t.facts <@ c.facts
    where
        f.town_id = lv.town_id() and f.state not in ('closed', 'withdrawn', 'void')
        and lv.in_scope(who, f.group_id, f.deputy_id, f.unit_id)
    order by f.feedback_id, t.watch, t.rule;
end
$$;

create function lv.todo_suggestions(who data.caller) returns setof lv.todo language plpgsql stable as $$
declare
    today date := lv.today();
begin
    return query
    select distinct on (g.suggestion_id)
        'suggestion', t.rule, g.suggestion_id, g.code, g.title, null::text,
        coalesce(g.state_since, greatest(g.submitted_on, g.assigned_on, g.replied_on)), d.due_on
    from data.suggestion as g
    cross join lateral (
        select
            case g.state
                when 'promised' then g.promised_on
                else lv.record_due(
                    g.step_due_on,
                    g.replied_on is null
                        and g.state in ('assigned', 'returned', 'contacted', 'co_opinion', 'key_supervised'),
                    coalesce(g.extended_to, g.due_on)
                )
            end as due_on,
            lv.suggestion_lead(g) = (who).person_id as is_lead
    ) as d
    left join lateral (
        select bool_or(i.person_id = (who).person_id) as is_invited
        from data.cosigner as i
        where (i.town_id, i.suggestion_id, i.wording) = (g.town_id, g.suggestion_id, g.wording) and i.answer is null
    ) as i on g.state = 'cosigning'
    cross join lateral (
        select lv.late_facts(d.due_on, today) || lv.facts(jsonb_build_object(
            'lead', d.is_lead,
            'invited', i.is_invited, 'all_answered', i.is_invited is null,
            g.kind, true,
            'dissatisfied', g.rating = 'dissatisfied', 'content', g.rating is distinct from 'dissatisfied',
            'step_past', g.step_due_on < today,
            'promise_day', coalesce(g.promised_on <= today, true),
            'main_unit', g.unit_id = (who).unit_id,
            'co_unit', (who).unit_id = any (g.co_unit_ids) and not exists (
                select
                from data.step as p
                join data.account as a on (a.town_id, a.account_id) = (p.town_id, p.author_id)
                where
                    (p.town_id, p.record_id, p.action) = (g.town_id, g.suggestion_id, 'give_opinion')
                    and a.unit_id = (who).unit_id
            )
        )) as facts
    ) as c
    join lv.todo_state as t
        on t.subject = 'suggestion' and coalesce(g.state = any (t.states), g.state not in ('draft', 'cosigning'))
        and (who).role = any (t.roles) and t.facts <@ c.facts
    where
        g.town_id = lv.town_id() and g.state not in ('closed', 'archived', 'void')
        and (who).role in ('deputy', 'office', 'chair', 'unit')
        and g.state <> 'withdrawn'
    order by g.suggestion_id, t.watch, t.rule;
end
$$;

-- In a case of their own, a person has the deputy's step and no other. Whether a case is stale is computed for the
-- office, of periods that ended within a year, where something rests on it; ListCases says it of any.
create function lv.todo_cases(who data.caller) returns setof lv.todo language plpgsql stable as $$
declare
    today date := lv.today();
    stale uuid[] := '{}';
begin
    if (who).role = 'office' then
        stale := array(
            select s.case_id
            from lv.stale_cases(array(
                select c.case_id
                from data.three_no_case as c
                where c.town_id = lv.town_id() and c.to_on > today - 366 and c.state not in ('closed', 'void')
            )) as s
        );
    end if;
    return query
    select distinct on (c.case_id)
        'case', t.rule, c.case_id, c.code, c.from_on || ' — ' || c.to_on, p.code, c.state_since,
        case when t.rule <> 'todo_case_stale' then c.step_due_on end
    from data.three_no_case as c
    join data.person as p on (p.town_id, p.person_id) = (c.town_id, c.person_id)
    cross join lateral lv.case_role(who, c.person_id) as r
    cross join lateral (
        select s.action in ('object', 'send_back', 'decide') as asks_correction
        from data.step as s
        where (s.town_id, s.record_id) = (c.town_id, c.case_id)
        order by s.step_no desc
        limit 1
    ) as l
    cross join lateral (
        select lv.late_facts(c.step_due_on, today) || lv.facts(jsonb_build_object(
            'to_check', not l.asks_correction, 'to_correct', l.asks_correction,
            'without_leader', c.state = 'data_check' and not lv.leader_may_check(c),
            'no_hand', c.state = 'review' and lv.may_review(who, c),
            'step_past', c.step_due_on < today,
            c.track, true,
            'unplanned', c.mentor_id is null, 'plan_over', c.plan_ends_on <= today,
            'stale', c.case_id = any (stale)
        )) as facts
    ) as f
    join lv.todo_state as t
        on t.subject = 'case' and coalesce(c.state = any (t.states), true) and r.role = any (t.roles)
        and t.facts <@ f.facts
    where
        c.town_id = lv.town_id() and (c.state not in ('cleared', 'closed', 'void') or c.case_id = any (stale))
        and lv.in_scope(r, c.group_id, c.person_id, null)
        and (r.role = 'deputy' or not lv.is_of_case(who, c.person_id))
    -- what is to be computed anew is not to be gone on with
    order by c.case_id, t.watch, t.rule <> 'todo_case_stale', t.rule;
end
$$;

create function lv.todo_notices(who data.caller) returns setof lv.todo language plpgsql stable as $$
begin
    return query
    select
        'notice', 'todo_notice_read', n.notice_id, null::text, n.title, null::text,
        (n.sent_at at time zone t.time_zone)::date, null::date
    from lv.notices_to(who) as n
    join data.town as t on t.town_id = n.town_id
    where
        not exists (
            select
            from data.notice_receipt as r
            where (r.town_id, r.notice_id, r.account_id) = (n.town_id, n.notice_id, (who).account_id)
        );
end
$$;

-- Numbers of a room's papers that nobody has seen: the room looks for the slip, and the office sees all rooms'.
create function lv.todo_rooms(who data.caller) returns setof lv.todo language plpgsql stable as $$
begin
    if (who).role not in ('clerk', 'leader', 'office') then
        return;
    end if;
    return query
    select
        'room', 'todo_room_gap', n.group_id, n.group_code,
        n.group_name || '：' || array_to_string(
            (array_agg(lv.room_no(n.prefix, n.year, n.number) order by n.year, n.number))[:5], ' '
        ) || case when count(*) > 5 then ' …' else '' end,
        null::text, null::date, null::date
    from lv.room_numbers(case when (who).role <> 'office' then (who).group_id end, null) as n
    where n.state = 'missing'
    group by n.group_id, n.group_code, n.group_name;
end
$$;

-- What activities lead to: also the report that is still to be written of one that was held here.
create function lv.todo_follow_ups(who data.caller) returns setof lv.todo language plpgsql stable as $$
declare
    today date := lv.today();
    report_days int := lv.setting('meeting_approve_days', lv.today());
begin
    if (who).role not in ('leader', 'office', 'chair', 'unit') then
        return;
    end if;
    return query
    select distinct on (r.record_id)
        'follow_up', t.rule, r.record_id, r.code, m.title, null::text, r.since_on, r.due_on
    from (
        select
            f.follow_up_id as record_id, f.meeting_id, f.code, f.state, f.unit_id, f.written_by,
            f.state_since as since_on, f.step_due_on as due_on
        from data.follow_up as f
        where f.town_id = lv.town_id() and f.state not in ('done', 'void')
        union all
        -- Imported history is taken as decided: its activities were not closed here.
        select
            m.meeting_id, m.meeting_id, m.code, 'new', null, null, m.held_on,
            lv.add_working_days(m.held_on, report_days)
        from data.meeting as m
        where
            m.town_id = lv.town_id() and lv.has_follow_up(m.kind) and m.state in ('closed', 'approved', 'locked')
            and exists (
                select from data.step as s
                where (s.town_id, s.record_id, s.subject, s.action) = (m.town_id, m.meeting_id, 'meeting', 'close')
            )
            and not exists (
                select from data.follow_up as f
                where (f.town_id, f.meeting_id) = (m.town_id, m.meeting_id) and f.void_reason is null
            )
    ) as r
    join data.meeting as m on (m.town_id, m.meeting_id) = (lv.town_id(), r.meeting_id)
    cross join lateral (
        select lv.late_facts(r.due_on, today) || lv.facts(jsonb_build_object(
            'own', case when (who).role = 'leader' then m.group_id = (who).group_id else m.group_id is null end,
            'anothers', not lv.is_same_actor(who, r.written_by),
            'planning', m.kind <> 'deliberation', 'answering', m.kind = 'deliberation',
            'day_come', r.due_on <= today
        )) as facts
    ) as c
    join lv.todo_state as t
        on t.subject = 'follow_up' and (r.state = any (t.states) or t.states is null and r.state <> 'new')
        and (who).role = any (t.roles) and t.facts <@ c.facts
    where (who).role <> 'unit' or r.unit_id = (who).unit_id
    order by r.record_id, t.watch, t.rule;
end
$$;

create function lv.todo_appraisals(who data.caller) returns setof lv.todo language plpgsql stable as $$
begin
    return query
    select
        'appraisal', t.rule, a.appraisal_id, a.code, m.title, p.code, a.state_since, a.deliver_due_on
    from data.tally as a
    join data.meeting as m on (m.town_id, m.meeting_id) = (a.town_id, a.meeting_id)
    left join data.person as p on (p.town_id, p.person_id) = (a.town_id, a.person_id)
    left join data.tally_count as c
        on (c.town_id, c.appraisal_id, c.round, c.counter) = (a.town_id, a.appraisal_id, a.round, 1)
    cross join lateral (
        select lv.facts(jsonb_build_object(
            'own', case
                when (who).role in ('clerk', 'leader') then m.group_id = (who).group_id
                else m.group_id is null
            end,
            'anothers', not lv.is_same_actor(who, c.author_id)
        )) as facts
    ) as f
    join lv.todo_state as t
        on t.subject = 'appraisal' and a.state = any (t.states) and (who).role = any (t.roles) and t.facts <@ f.facts
    where a.town_id = lv.town_id() and a.state not in ('delivered', 'void');
end
$$;

create function lv.todo_self_studies(who data.caller) returns setof lv.todo language plpgsql stable as $$
begin
    return query
    select 'self_study', t.rule, s.self_study_id, s.code, s.title, p.code, s.studied_on, null::date
    from data.self_study as s
    join data.person as p on (p.town_id, p.person_id) = (s.town_id, s.person_id)
    cross join lateral (
        select lv.facts(jsonb_build_object(
            -- The chair's are those that no leader may confirm: of a group's leader.
            'own', case (who).role
                when 'leader' then lv.stands_in_group(s.person_id, (who).group_id, s.studied_on)
                else exists (
                    select from data.post as o
                    where
                        (o.town_id, o.person_id, o.role) = (s.town_id, s.person_id, 'group_leader')
                        and o.void_reason is null and o.starts_on <= s.studied_on
                        and coalesce(s.studied_on < o.ends_on, true)
                )
            end,
            'anothers', not lv.is_of_case(who, s.person_id) and not lv.is_same_actor(who, s.noted_by)
        )) as facts
    ) as f
    join lv.todo_state as t
        on t.subject = 'self_study' and s.state = any (t.states) and (who).role = any (t.roles) and t.facts <@ f.facts
    where s.town_id = lv.town_id() and s.state = 'noted';
end
$$;

-- A group's plan and summary: from a month before the day on that they are due, also those that nobody has written.
create function lv.todo_papers(who data.caller) returns setof lv.todo language plpgsql stable as $$
declare
    today date := lv.today();
    this_year int := extract(year from lv.today());
    plan_due date;
    summary_due date;
begin
    if (who).role not in ('clerk', 'leader', 'office') then
        return;
    end if;
    plan_due := lv.paper_due('plan', this_year);
    summary_due := lv.paper_due('summary', this_year);
    return query
    select
        'paper', t.rule, coalesce(p.paper_id, g.group_id), coalesce(p.code, g.code), g.name, null::text, p.state_since,
        k.due_on
    from data.deputy_group as g
    cross join (values ('plan', plan_due), ('summary', summary_due)) as k (kind, due_on)
    left join data.group_paper as p
        on (p.town_id, p.group_id, p.year, p.kind) = (g.town_id, g.group_id, this_year, k.kind)
        and p.void_reason is null
    join lv.todo_state as t
        on t.subject = 'paper' and coalesce(p.state, 'new') = any (t.states) and (who).role = any (t.roles)
        and t.facts <@ lv.facts(jsonb_build_object('anothers', not lv.is_same_actor(who, p.written_by)))
    where
        g.town_id = lv.town_id() and lv.in_scope(who, g.group_id, null, null)
        and (p.paper_id is not null or today between k.due_on - 30 and k.due_on + 30);
end
$$;

create function lv.todo_targets(who data.caller) returns setof lv.todo language plpgsql stable as $$
declare
    today date := lv.today();
begin
    if (who).role not in ('leader', 'office', 'chair') then
        return;
    end if;
    return query
    select
        'target', r.rule, t.target_id, t.code, g.name || ' ' || t.year, null::text, t.state_since,
        case t.state when 'checked' then make_date(t.year, 12, 31) end
    from data.target as t
    join data.deputy_group as g on (g.town_id, g.group_id) = (t.town_id, t.group_id)
    cross join lateral (
        select lv.facts(jsonb_build_object(
            'unsigned', case (who).role when 'leader' then t.leader_id is null else t.chair_id is null end,
            'check_day', today >= lv.day_of_year('target_check_from', t.year),
            'settle_day', today >= lv.day_of_year('target_settle_from', t.year)
        )) as facts
    ) as f
    join lv.todo_state as r
        on r.subject = 'target' and t.state = any (r.states) and (who).role = any (r.roles) and r.facts <@ f.facts
    where t.town_id = lv.town_id() and lv.in_scope(who, t.group_id, null, null);
end
$$;

-- The day of a record's last step; null: imported, and nothing since.
create function lv.last_step_on(record uuid) returns date language sql stable as $$
    select (max(s.recorded_at) at time zone t.time_zone)::date
    from data.town as t
    join data.step as s on s.town_id = t.town_id and s.record_id = record
    where t.town_id = lv.town_id()
    group by t.time_zone
$$;

create function lv.todo_funds(who data.caller) returns setof lv.todo language plpgsql stable as $$
begin
    return query
    select
        'fund', t.rule, f.fund_id, f.code, concat_ws(' ', f.amount_yuan || ' 元', f.note), p.code,
        coalesce(lv.last_step_on(f.fund_id), f.spent_on), null::date
    from lv.funds_seen(who) as f
    left join data.person as p on (p.town_id, p.person_id) = (f.town_id, f.person_id)
    left join data.account as a on (a.town_id, a.account_id) = (f.town_id, f.recorded_by)
    cross join lateral (
        select
            a.role <> 'chair' and (
                f.amount_yuan >= lv.setting('fund_chair_yuan', f.spent_on)
                or not exists ( -- nobody else of the office could
                    select from data.account as o
                    where
                        o.town_id = f.town_id and o.role = 'office' and o.revoked_at is null
                        and o.account_id <> f.recorded_by
                )
            ) as with_chair,
            f.person_id is null or f.signed_on is not null as signed
    ) as d
    cross join lateral (
        select lv.facts(jsonb_build_object(
            'signed', d.signed, 'unsigned', not d.signed,
            'with_chair', d.with_chair, 'without_chair', not d.with_chair,
            'anothers',
            not lv.is_same_actor(who, f.recorded_by) and not lv.is_of_case(who, f.person_id)
        )) as facts
    ) as c
    join lv.todo_state as t on t.subject = 'fund' and (who).role = any (t.roles) and t.facts <@ c.facts
    where lv.fund_state(f) = 'recorded' and (who).role in ('office', 'chair');
end
$$;

create function lv.todo_deeds(who data.caller) returns setof lv.todo language plpgsql stable as $$
begin
    return query
    select
        'deed', t.rule, d.deed_id, d.code, concat_ws('：', d.kind, d.text), p.code,
        coalesce(lv.last_step_on(d.deed_id), d.done_on), null::date
    from data.deed as d
    join data.person as p on (p.town_id, p.person_id) = (d.town_id, d.person_id)
    cross join lateral (
        select lv.facts(jsonb_build_object(
            'anothers', lv.is_deed_anothers(who, d)
        )) as facts
    ) as f
    join lv.todo_state as t
        on t.subject = 'deed' and lv.deed_state(d) = any (t.states) and (who).role = any (t.roles)
        and t.facts <@ f.facts
    where
        d.town_id = lv.town_id() and lv.deed_state(d) in ('claimed', 'rejected') and lv.deed_in_scope(who, d);
end
$$;

create function lv.todo_households(who data.caller) returns setof lv.todo language plpgsql stable as $$
begin
    return query
    select
        'household', t.rule, h.household_id, h.code, h.head, null::text,
        coalesce(lv.last_visit(h.household_id), h.starts_on), lv.household_due(h)
    from lv.households_seen(who) as h
    join lv.todo_state as t on t.subject = 'household' and (who).role = any (t.roles)
    where (who).role in ('deputy', 'clerk') and lv.household_due(h) < lv.today();
end
$$;

-- Clerks and deputies: what they added themselves.
create function lv.todo_attachments(who data.caller) returns setof lv.todo language plpgsql stable as $$
begin
    return query
    select
        'attachment', t.rule, a.attachment_id, a.code, concat_ws(' ', r.code, a.name), null::text,
        lv.last_step_on(a.attachment_id), null::date
    from data.attachment as a
    join lv.todo_state as t on t.subject = 'attachment' and (who).role = any (t.roles)
    cross join lateral lv.record_reach(who, a.subject, a.record_id, null) as r
    where
        a.town_id = lv.town_id() and a.sealed and a.void_reason is null
        and ((who).role = 'office' or a.account_id = (who).account_id)
        and not exists (
            select from data.attachment as c
            where (c.town_id, c.redacts_id) = (a.town_id, a.attachment_id) and c.void_reason is null
        )
        and r.may_add and lv.may_open(who, a);
end
$$;

create function lv.todo_awards(who data.caller) returns setof lv.todo language plpgsql stable as $$
begin
    return query
    select
        'award', t.rule, a.award_id, a.code, concat_ws('：', coalesce(g.name, p.name), a.reason), p.code,
        lv.last_step_on(a.award_id), null::date
    from lv.award_case as a
    left join data.deputy_group as g on (g.town_id, g.group_id) = (a.town_id, a.group_id)
    left join data.person as p on (p.town_id, p.person_id) = (a.town_id, a.person_id)
    cross join lateral (
        select lv.facts(jsonb_build_object(
            'anothers',
            not lv.is_same_actor(who, a.nominated_by) and not lv.is_same_actor(who, a.verified_by)
            and not lv.is_of_case(who, a.person_id)
        )) as facts
    ) as c
    join lv.todo_state as t
        on t.subject = 'award' and a.state = any (t.states) and (who).role = any (t.roles) and t.facts <@ c.facts
    where
        -- Imported awards were settled before.
        a.town_id = lv.town_id() and a.nominated_by is not null
        and case (who).role
            when 'leader' then a.kind = 'excellent_deputy' and lv.award_in_scope(who, a)
            else (who).role in ('office', 'chair')
        end;
end
$$;

-- All of it, what is longest overdue first: `place` sorts.
create function lv.todos(who data.caller, of_subject text)
returns table (
    subject text, rule text, record_id uuid, code text, title text, person_code text, since_on date, due_on date,
    lateness text, place text
)
language plpgsql stable as $$
declare
    today date := lv.today();
begin
    perform lv.demand(
        coalesce(
            of_subject in ('leave', 'correction', 'notice', 'room', 'card', 'personal')
            or of_subject in (select k.subject from lv.todo_state as k),
            true
        ),
        'invalid', 'subject_unknown', 'subject', of_subject
    );
    return query
    select
        t.subject, t.rule, t.record_id, t.code, left(t.title, 200), -- one long text must not hide all that waits
        t.person_code, t.since_on, t.due_on, lv.lateness(t.due_on, today),
        concat_ws(
            ' ', coalesce(to_char(t.due_on, 'YYYY-MM-DD'), '~'), t.subject, t.code, t.rule, t.person_code, t.record_id
        )
    from (
        select m.* from lv.todo_meetings(who) as m where coalesce(of_subject = 'meeting', true)
        union all
        select l.* from lv.todo_leaves(who) as l where coalesce(of_subject in ('leave', 'correction'), true)
        union all
        select f.* from lv.todo_feedback(who) as f where coalesce(of_subject = 'feedback', true)
        union all
        select s.* from lv.todo_suggestions(who) as s where coalesce(of_subject = 'suggestion', true)
        union all
        select c.* from lv.todo_cases(who) as c where coalesce(of_subject = 'case', true)
        union all
        select m.* from lv.todo_funds(who) as m where coalesce(of_subject = 'fund', true)
        union all
        select d.* from lv.todo_deeds(who) as d where coalesce(of_subject = 'deed', true)
        union all
        select h.* from lv.todo_households(who) as h where coalesce(of_subject = 'household', true)
        union all
        select a.* from lv.todo_awards(who) as a where coalesce(of_subject = 'award', true)
        union all
        select p.* from lv.todo_attachments(who) as p where coalesce(of_subject = 'attachment', true)
        union all
        select n.* from lv.todo_notices(who) as n where coalesce(of_subject = 'notice', true)
        union all
        select p.* from lv.todo_personal(who) as p where coalesce(of_subject = 'personal', true)
        union all
        select r.* from lv.todo_rooms(who) as r where coalesce(of_subject = 'room', true)
        union all
        select c.* from lv.todo_cards(who) as c where coalesce(of_subject = 'card', true)
        union all
        select f.* from lv.todo_follow_ups(who) as f where coalesce(of_subject = 'follow_up', true)
        union all
        select a.* from lv.todo_appraisals(who) as a where coalesce(of_subject = 'appraisal', true)
        union all
        select s.* from lv.todo_self_studies(who) as s where coalesce(of_subject = 'self_study', true)
        union all
        select p.* from lv.todo_papers(who) as p where coalesce(of_subject = 'paper', true)
        union all
        select t.* from lv.todo_targets(who) as t where coalesce(of_subject = 'target', true)
    ) as t
    where coalesce(t.subject = of_subject, true);
end
$$;
