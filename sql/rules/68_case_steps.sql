-- The steps of a case (domain.md E1.7). Which leads where and whose it is stands in 21_transitions.sql; here is what
-- each step needs and leaves behind.

-- What a step names beside the case: MoveCaseRequest's fields.
create type lv.case_move as (
    note text,
    notice text,
    day_on date,
    answer text,
    outcome text,
    confirmed text[],
    meeting_id uuid,
    in_favour int,
    against int,
    abstained int,
    mentor_id uuid,
    ends_on date
);

-- Who may.

-- The chair checks in a leader's place only where no leader can, or none did in time.
create function lv.leader_may_check(c data.three_no_case) returns boolean language sql stable as $$
    select coalesce(c.step_due_on >= lv.today(), true) and exists (
        select
        from data.account as a
        where
            (a.town_id, a.role, a.group_id) = (c.town_id, 'leader', c.group_id) and a.revoked_at is null
            and not lv.is_of_case(
                (a.town_id, a.account_id, a.login, a.role, a.person_id, a.group_id, a.unit_id, null)::data.caller,
                c.person_id
            )
    )
$$;

-- Who took part in the present version: who checked it, who told the person, who took down what they said, and who made
-- the marks that came out unexcused. An import is nobody's mark.
create function lv.case_hands(c data.three_no_case) returns table (account_id uuid) language sql stable as $$
    select s.author_id
    from data.step as s
    where
        (s.town_id, s.record_id, s.subject) = (c.town_id, c.case_id, 'case')
        and s.action in ('check', 'object', 'notify', 'deliver', 'state')
        and (s.facts ->> 'version')::int = c.version
    union
    select a.account_id
    from data.case_version as v
    cross join lateral jsonb_array_elements(v.pack::jsonb -> 'lines') as l (line)
    cross join lateral jsonb_array_elements(l.line -> 'marks') as k (mark)
    join data.account as a on (a.town_id, a.login) = (v.town_id, k.mark ->> 'by')
    where
        (v.town_id, v.case_id, v.version) = (c.town_id, c.case_id, c.version)
        and l.line ->> 'status' = 'unexcused' and not k.mark ? 'imported'
$$;

create function lv.may_review(who data.caller, c data.three_no_case) returns boolean language sql stable as $$
    select not exists (select from lv.case_hands(c) as h where lv.is_same_actor(who, h.account_id))
$$;

-- What the caller could do with a case now.
create function lv.case_actions(who data.caller, c data.three_no_case) returns text[] language sql stable as $$
    select coalesce(array_agg(a.action order by a.action), '{}')
    from lv.case_role(who, c.person_id) as r
    cross join lateral unnest(lv.actions_open('case', c.state, r.role)) as a (action)
    where
        a.action <> 'compute'
        and (r.role = 'deputy' or not lv.is_of_case(who, c.person_id))
        and lv.in_scope(r, c.group_id, c.person_id, null)
        and case
            when a.action in ('check', 'object') then r.role = 'leader' or not lv.leader_may_check(c)
            when a.action = 'state' then c.track <> 'remind'
            when a.action = 'go_on' then coalesce(c.step_due_on < lv.today(), true)
            when a.action in ('uphold', 'send_back') then lv.may_review(who, c)
            when a.action = 'talk' then c.track <> 'decide'
            when a.action = 'decide' then c.track = 'decide'
            when a.action in ('clear', 'carry') then c.mentor_id is not null
            else true
        end
$$;

-- Steps. Each part takes the case as it stands (c) and as the step will leave it (n).

create function lv.hold_case(id uuid) returns data.three_no_case language plpgsql volatile as $$
declare
    c data.three_no_case;
begin
    select d.* into c
    from data.three_no_case as d
    where (d.town_id, d.case_id) = (lv.town_id(), id)
    for no key update;
    perform lv.demand(found, 'not_found', 'case_unknown', 'case', coalesce(id::text, ''));
    return c;
end
$$;

-- The person's three findings, as their notice says them.
create function lv.findings_said(c data.three_no_case) returns text language sql stable as $$
    select string_agg(f.said || '：' || (array['提醒', '约谈', '认定候选'])[f.level], '；' order by f.place)
    from data.case_version as v
    cross join lateral (
        values
        (1, '不参加会议（代表法第八条第二项）', v.no_meetings), (2, '不参加活动（代表法第八条第四项）', v.no_activities),
        (3, '不反映民意（代表法第八条第六项）', v.no_voices)
    ) as f (place, said, level)
    where (v.town_id, v.case_id, v.version) = (c.town_id, c.case_id, c.version) and f.level > 0
$$;

-- Telling the person, and hearing them. Once they know, a reminder has done its work; else the days to answer begin.
create function lv.hear_case(
    who data.caller, op data.op, c data.three_no_case, n data.three_no_case, do_action text, m lv.case_move
) returns data.three_no_case language plpgsql volatile as $$
declare
    today date := lv.today();
    of_own boolean := (who).role = 'deputy';
    day date := case when of_own then today else coalesce(m.day_on, today) end;
    proof text := case when do_action = 'deliver' and of_own then 'sync' else m.notice end;
begin
    perform lv.demand(day <= today, 'invalid', 'day_in_future', 'day', day::text);
    perform lv.demand(
        day >= c.state_since or do_action = 'state', 'invalid', 'case_told_before', 'case', c.code, 'day', day::text,
        'since', c.state_since::text
    );
    perform lv.demand(
        coalesce(m.notice in ('signed', 'call'), true), 'invalid', 'case_notice_form', 'notice', m.notice
    );
    case do_action
        when 'notify' then
            n.told_version := c.version;
            n.notice_id := lv.tell_case(
                who, op, c, case c.track when 'remind' then '履职提醒：' else '履职线索告知：' end || c.code,
                concat(
                    c.from_on, ' 至 ', c.to_on, '：', lv.findings_said(c), '。这是线索，不是结论。',
                    case c.track
                        when 'remind' then concat(
                            '请核对：lvzhi case show ', c.code, '。签收即结；有异议可申请复核（lvzhi case reopen）。'
                        )
                        else concat(
                            '请核对：lvzhi case show ', c.code, '。收到后 ',
                            lv.setting('case_statement_days', today), ' 个工作日内可以承认、说明或申辩（lvzhi case state）。'
                        )
                    end
                )
            );
        when 'deliver' then
            perform lv.demand_value(proof is not null, 'notice');
        when 'state' then
            perform lv.demand(c.track <> 'remind', 'conflict', 'case_reminder_only', 'case', c.code);
            perform lv.demand_value(m.answer is not null, 'answer');
            -- In somebody's place: from the paper, whose words are kept.
            perform lv.demand_value(coalesce(m.note, '') <> '' or of_own and m.answer = 'accept', 'note');
            n.answer := m.answer;
            n.statement := m.note;
            n.notice := coalesce(c.notice, case when of_own then 'sync' else 'signed' end);
            n.notified_on := coalesce(c.notified_on, today);
    end case;
    if proof is not null and do_action <> 'state' then
        n.notice := proof;
        n.notified_on := day;
        n.state := case c.track when 'remind' then 'closed' else 'wait_statement' end;
    end if;
    return n;
end
$$;

-- The vote: of a presidium meeting that was held after the review, by no more members than there are and came. What it
-- says is the outcome: most members must be for confirming.
create function lv.demand_vote(c data.three_no_case, m lv.case_move) returns void language plpgsql stable as $$
declare
    p data.meeting;
    members int;
    present int;
    votes bigint := coalesce(m.in_favour, 0)::bigint + coalesce(m.against, 0) + coalesce(m.abstained, 0);
    carried boolean;
begin
    perform lv.demand_value(m.meeting_id is not null, 'meeting_id');
    perform lv.demand_value(m.in_favour is not null, 'in_favour');
    select d.* into p from data.meeting as d where (d.town_id, d.meeting_id) = (c.town_id, m.meeting_id);
    perform lv.demand(found, 'not_found', 'meeting_unknown', 'meeting', m.meeting_id::text);
    perform lv.demand(
        p.kind = 'presidium_meeting' and p.state in ('closed', 'approved', 'locked'), 'invalid', 'case_meeting_kind',
        'meeting', p.code
    );
    perform lv.demand(
        p.held_on >= c.state_since, 'invalid', 'case_meeting_before', 'meeting', p.code, 'day', p.held_on::text,
        'case', c.code, 'since', c.state_since::text
    );
    members := (select count(*) from lv.presidium(p.held_on));
    present := lv.attended(p.meeting_id);
    perform lv.demand(
        least(m.in_favour, m.against, m.abstained) >= 0 and votes between 1 and least(members, present), 'invalid',
        'case_votes_wrong', 'meeting', p.code, 'votes', votes::text, 'attended', present::text,
        'members', members::text
    );
    carried := m.in_favour * 100 > members * lv.setting('case_majority_percent', p.held_on);
    perform lv.demand(
        m.outcome = 'corrected' or carried = (m.outcome = 'confirmed'), 'invalid', 'case_vote_says_otherwise',
        'case', c.code, 'in_favour', m.in_favour::text, 'members', members::text, 'outcome', m.outcome
    );
end
$$;

-- The presidium's decision, or what the chair's talk came to. Of the three, each that stands at level 3 is confirmed
-- for itself; where none is named, all.
create function lv.decide_case(
    who data.caller, op data.op, c data.three_no_case, n data.three_no_case, do_action text, m lv.case_move
) returns data.three_no_case language plpgsql volatile as $$
declare
    today date := lv.today();
    day date := coalesce(m.day_on, today);
    candidates text[];
    named text[] := coalesce(m.confirmed, '{}');
begin
    perform lv.demand(
        (c.track = 'decide') = (do_action = 'decide'), 'conflict', 'case_other_track', 'case', c.code,
        'case_track', c.track
    );
    perform lv.demand_value(m.outcome is not null, 'outcome');
    perform lv.demand_value(coalesce(m.note, '') <> '', 'note');
    perform lv.demand(
        do_action = 'decide' or m.outcome <> 'corrected', 'invalid', 'bad_value', 'column', 'outcome',
        'value', m.outcome
    );
    if do_action = 'decide' then
        perform lv.demand_vote(c, m);
        day := (select d.held_on from data.meeting as d where (d.town_id, d.meeting_id) = (c.town_id, m.meeting_id));
    else
        perform lv.demand(day <= today, 'invalid', 'day_in_future', 'day', day::text);
    end if;
    candidates := (
        select array_remove(
            array[
                case v.no_meetings when 3 then 'no_meetings' end, case v.no_activities when 3 then 'no_activities' end,
                case v.no_voices when 3 then 'no_voices' end
            ],
            null
        )
        from data.case_version as v
        where (v.town_id, v.case_id, v.version) = (c.town_id, c.case_id, c.version)
    );
    perform lv.demand(
        named <@ candidates and (named = '{}' or m.outcome = 'confirmed'), 'invalid', 'case_not_candidate',
        'case', c.code, 'dimensions', array_to_string(candidates, ' ')
    );
    n.outcome := nullif(m.outcome, 'corrected');
    n.confirmed := case
        when m.outcome <> 'confirmed' then '{}'
        when named = '{}' then candidates
        else array(select unnest(candidates) intersect select unnest(named) order by 1)
    end;
    n.state := case m.outcome
        when 'confirmed' then 'help_plan'
        when 'not_confirmed' then 'closed'
        else 'data_check'
    end;
    insert into data.case_decision (
        town_id, case_id, decision_no, version, outcome, confirmed, meeting_id, in_favour, against, abstained,
        decided_on, note, op_id, author_id, recorded_at
    )
    select
        c.town_id, c.case_id, count(*) + 1, c.version, m.outcome, n.confirmed, m.meeting_id, m.in_favour,
        coalesce(m.against, case do_action when 'decide' then 0 end),
        coalesce(m.abstained, case do_action when 'decide' then 0 end), day, m.note, (op).op_id, (who).account_id,
        lv.now()
    from data.case_decision as d
    where (d.town_id, d.case_id) = (c.town_id, c.case_id);
    return n;
end
$$;

-- The help that follows, and what ends it.
create function lv.help_case(c data.three_no_case, n data.three_no_case, do_action text, m lv.case_move)
returns data.three_no_case language plpgsql stable as $$
declare
    today date := lv.today();
    mentor_code text;
begin
    perform lv.demand_value(coalesce(m.note, '') <> '', 'note');
    if do_action <> 'plan' then
        perform lv.demand(c.mentor_id is not null, 'conflict', 'case_no_plan', 'case', c.code);
        n.state := case do_action when 'clear' then 'cleared' else 'carried' end;
        return n;
    end if;
    perform lv.demand_value(m.mentor_id is not null, 'mentor_id');
    mentor_code := (select p.code from data.person as p where (p.town_id, p.person_id) = (c.town_id, m.mentor_id));
    perform lv.demand(mentor_code is not null, 'not_found', 'person_unknown', 'person', m.mentor_id::text);
    perform lv.demand(m.mentor_id <> c.person_id, 'invalid', 'case_mentor_self', 'person', mentor_code);
    perform lv.demand(lv.in_office(m.mentor_id, today), 'invalid', 'not_in_office_now', 'person', mentor_code);
    n.mentor_id := m.mentor_id;
    n.targets := m.note;
    n.plan_ends_on := coalesce(m.ends_on, lv.add_months(today, lv.setting('case_help_months', today)::int));
    perform lv.demand(n.plan_ends_on >= today, 'invalid', 'day_past', 'day', n.plan_ends_on::text);
    return n;
end
$$;

-- Where a case stood when it was asked to be reopened.
create function lv.state_before_reopening(id uuid) returns text language sql stable as $$
    select s.from_state
    from data.step as s
    where (s.town_id, s.record_id, s.subject, s.action) = (lv.town_id(), id, 'case', 'reopen')
    order by s.step_no desc
    limit 1
$$;

-- The rest: checking, reviewing, reopening, voiding.
create function lv.look_again(
    who data.caller, c data.three_no_case, n data.three_no_case, do_action text, m lv.case_move
) returns data.three_no_case language plpgsql stable as $$
begin
    perform lv.demand_value(
        coalesce(m.note, '') <> '' or do_action not in ('object', 'send_back', 'reopen', 'dismiss', 'void'), 'note'
    );
    if do_action in ('check', 'object') then
        perform lv.demand(
            (who).role = 'leader' or not lv.leader_may_check(c), 'forbidden', 'case_leader_checks', 'case', c.code,
            'day', c.step_due_on::text
        );
    elsif do_action = 'go_on' then
        perform lv.demand(
            coalesce(c.step_due_on < lv.today(), true), 'conflict', 'case_statement_awaited', 'case', c.code,
            'day', c.step_due_on::text
        );
    elsif do_action in ('uphold', 'send_back') then
        perform lv.demand(lv.may_review(who, c), 'forbidden', 'case_own_hand', 'case', c.code);
    elsif do_action = 'resume' then
        n.outcome := null;
        n.confirmed := '{}';
    elsif do_action = 'dismiss' then
        n.state := lv.state_before_reopening(c.case_id);
    elsif do_action = 'void' then
        n.void_reason := m.note;
    end if;
    return n;
end
$$;

-- What the person reads in their account once the step is taken; null: nothing.
create function lv.case_news(n data.three_no_case, do_action text, note text) returns text language sql immutable as $$
    select case
        when do_action in ('talk', 'decide') and n.state = 'data_check' then '主席团要求更正记录后重新核对。' || note
        when do_action in ('talk', 'decide') and n.outcome = 'not_confirmed' then '不予认定，已结案。' || note
        when do_action in ('talk', 'decide') then concat(
            '已认定', coalesce('：' || nullif(concat_ws(
                '、', case when 'no_meetings' = any (n.confirmed) then '不参加会议' end,
                case when 'no_activities' = any (n.confirmed) then '不参加活动' end,
                case when 'no_voices' = any (n.confirmed) then '不反映民意' end
            ), ''), '需要改进'), '，接下来由专人帮助。', note
        )
        when do_action = 'plan' then concat('帮助计划（到 ', n.plan_ends_on, '）：', note)
        when do_action = 'clear' then '帮助结束，已销号。' || note
        when do_action = 'carry' then '转入下一期继续帮助。' || note
        when do_action = 'resume' then '主席同意重新核查。'
        when do_action = 'dismiss' then '主席不同意重新核查：' || note
        when do_action = 'void' then '这件线索作废：' || note
    end
$$;

create function lv.move_case(who data.caller, op data.op, id uuid, do_action text, m lv.case_move)
returns table (state text, step_due_on date, result text) language plpgsql volatile as $$
declare
    c data.three_no_case := lv.hold_case(id);
    n data.three_no_case := c;
    today date := lv.today();
    leads_to text;
    news text;
begin
    perform lv.demand(
        (who).role = 'deputy' or not lv.is_of_case(who, c.person_id) or do_action in ('deliver', 'state', 'reopen'),
        'forbidden', 'case_own', 'case', c.code, 'action', do_action
    );
    who := lv.case_role(who, c.person_id);
    perform lv.demand_scope(who, c.group_id, c.person_id, null, 'case', c.code);
    perform lv.demand_step(who, 'case', do_action, c.state, c.code);
    leads_to := (
        select t.to_states[1]
        from lv.transition as t
        where (t.subject, t.action) = ('case', do_action) and c.state = any (t.from_states)
    );
    n.state := case leads_to when '=' then c.state else leads_to end;
    n := case
        when do_action in ('notify', 'deliver', 'state') then lv.hear_case(who, op, c, n, do_action, m)
        when do_action in ('talk', 'decide') then lv.decide_case(who, op, c, n, do_action, m)
        when do_action in ('plan', 'clear', 'carry') then lv.help_case(c, n, do_action, m)
        else lv.look_again(who, c, n, do_action, m)
    end;
    if n.state <> c.state then
        n.state_since := today;
    end if;
    if n.state <> c.state or do_action = 'plan' then
        n.step_due_on := lv.case_step_due(n, today);
    end if;
    perform lv.save_case(n);
    news := lv.case_news(n, do_action, m.note);
    if news is not null and c.told_version is not null then
        perform lv.tell_case(who, op, n, '履职线索 ' || c.code, news);
    end if;
    perform lv.add_step(
        who, op, 'case', id, do_action, c.state, n.state, nullif(m.note, ''),
        jsonb_build_object(
            'version', c.version, 'notice', m.notice, 'day_on', m.day_on, 'answer', m.answer, 'outcome', m.outcome,
            'confirmed', case when do_action in ('talk', 'decide') then to_jsonb(n.confirmed) end,
            'mentor', lv.person_codes(array[m.mentor_id]), 'ends_on', m.ends_on
        )
    );
    return query select n.state, n.step_due_on, lv.case_result(n);
end
$$;

-- Its addressee has read the notice of a case in their own account: that proves that they were told. True, if it did.
create function lv.receive_case_notice(who data.caller, op data.op, n data.notice) returns boolean
language plpgsql volatile as $$
declare
    c data.three_no_case := lv.hold_case(n.record_id);
begin
    if c.state <> 'notified' or c.notice_id <> n.notice_id then
        return false;
    end if;
    perform lv.move_case(who, op, c.case_id, 'deliver', null);
    return true;
end
$$;
