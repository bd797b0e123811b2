-- Suggestions (建议批评意见) and bills (议案), from the form check to the archive: domain.md E4. Which step leads where and
-- whose it is stands in 21_transitions.sql; here is what each step needs and leaves behind. Drafting, signing and
-- submitting: 39_cosigning.sql.

-- What a step names beside the record: MoveSuggestionRequest's fields.
create type lv.suggestion_move as (
    wording int,
    note text,
    classified_as text,
    unit_id uuid,
    co_unit_ids uuid[],
    broad boolean,
    reply_class text,
    signed_by text,
    promised_on date,
    rating text,
    attitude text,
    meeting_code text,
    in_favour int,
    against int,
    abstained int,
    person_code text,
    text text,
    day_on date
);

-- Who.

-- The deputy who answers for it; an imported one's is the first of its proposers.
create function lv.suggestion_lead(s data.suggestion) returns uuid language sql stable as $$
    select coalesce(
        s.lead_id,
        (
            select p.person_id from data.suggestion_proposer as p
            where (p.town_id, p.suggestion_id, p.position) = (s.town_id, s.suggestion_id, 1)
        )
    )
$$;

-- Was the person asked to sign the present wording?
create function lv.is_invited(s data.suggestion, person uuid) returns boolean language sql stable as $$
    select exists (
        select from data.cosigner as c
        where (c.town_id, c.suggestion_id, c.wording, c.person_id) = (s.town_id, s.suggestion_id, s.wording, person)
    )
$$;

-- Everybody in office through a mandate of the town's own congress: who may move a bill there, and who adopts it.
create function lv.town_deputies_on(on_day date) returns setof uuid language sql stable as $$
    select distinct d.person_id
    from data.mandate as m
    join lv.mandate_days as d on d.town_id = m.town_id and d.mandate_id = m.mandate_id
    where m.town_id = lv.town_id() and m.level = 'town' and d.days @> on_day
$$;

create function lv.is_in_office(person uuid, on_day date) returns boolean language sql stable as $$
    select exists (
        select from lv.mandate_days as d
        where (d.town_id, d.person_id) = (lv.town_id(), person) and d.days @> on_day
    )
$$;

create function lv.demand_in_office(person uuid, on_day date) returns void language plpgsql stable as $$
begin
    perform lv.demand(
        lv.is_in_office(person, on_day), 'conflict', 'not_in_office_now', 'person',
        coalesce(
            (select p.code from data.person as p where (p.town_id, p.person_id) = (lv.town_id(), person)), person::text
        )
    );
end
$$;

-- What is seen.

-- Until it is submitted it is its lead's and of whom they have asked; then everybody's, and of the units it was given
-- to. What was given up before has no day of submission.
create function lv.suggestions_seen(who data.caller) returns setof data.suggestion language sql stable as $$
    select s.*
    from data.suggestion as s
    where
        s.town_id = lv.town_id()
        and case
            when (who).role = 'unit' then (who).unit_id = s.unit_id or (who).unit_id = any (s.co_unit_ids)
            when s.submitted_on is not null and s.state not in ('draft', 'cosigning')
                then (who).role in ('deputy', 'clerk', 'leader', 'office', 'chair', 'auditor')
            when (who).role = 'deputy'
                then lv.suggestion_lead(s) = (who).person_id or lv.is_invited(s, (who).person_id)
        end
$$;

-- The suggestion of this id, or of this code, or a refusal.
create function lv.suggestion_found(who data.caller, id uuid, suggestion_code text) returns uuid
language plpgsql stable as $$
declare
    found uuid := (
        select s.suggestion_id
        from data.suggestion as s
        where
            s.town_id = lv.town_id()
            and case when id is null then s.code = suggestion_code else s.suggestion_id = id end
    );
begin
    perform lv.demand(
        found is not null, 'not_found', 'suggestion_unknown', 'suggestion', coalesce(id::text, suggestion_code)
    );
    perform lv.demand(
        exists (select from lv.suggestions_seen(who) as s where s.suggestion_id = found), 'forbidden', 'not_yours',
        'subject', 'suggestion', 'code', coalesce(suggestion_code, id::text), 'role', (who).role
    );
    return found;
end
$$;

-- Who was asked and did not sign is no business of those who had no part in it.
create function lv.sees_answers(who data.caller, s data.suggestion) returns boolean language sql stable as $$
    select
        (who).role in ('office', 'chair', 'auditor')
        or (who).role = 'deputy'
        and coalesce(lv.suggestion_lead(s) = (who).person_id or lv.is_invited(s, (who).person_id), false)
$$;

-- The steps that the caller could take now, its guards apart.
create function lv.suggestion_actions(who data.caller, s data.suggestion) returns text[] language sql stable as $$
    select coalesce(array_agg(a.action order by a.action), '{}')
    from unnest(lv.actions_open('suggestion', s.state, (who).role)) as a (action)
    where
        coalesce(
            case
                when a.action in ('cosign', 'decline') then lv.is_invited(s, (who).person_id)
                when a.action = 'give_opinion' then (who).unit_id = any (s.co_unit_ids)
                else lv.in_scope(who, null, lv.suggestion_lead(s), s.unit_id)
            end,
            false
        )
        and case
            when a.action in ('put_on_agenda', 'refer', 'turn', 'resolve', 'consent_withdrawal') then s.kind = 'bill'
            when a.action = 'assign' and s.state = 'classified' then s.kind <> 'bill'
            else true
        end
$$;

-- Who signed: the lead and the co-signers of the present wording with their answers, or an imported one's proposers.
create function lv.suggestion_proposers(who data.caller, s data.suggestion) returns table (
    person_code text, person_name text, "position" int, answer text, answered_us timestamptz
) language sql stable as $$
    with signer (person_id, place, answer, answered_at) as (
        select lv.suggestion_lead(s), 1, 'lead', null::timestamptz
        union all
        select c.person_id, c.position, c.answer, c.answered_at
        from data.cosigner as c
        where (c.town_id, c.suggestion_id, c.wording) = (s.town_id, s.suggestion_id, s.wording)
        union all
        select p.person_id, p.position, 'confirmed', null
        from data.suggestion_proposer as p
        where
            (p.town_id, p.suggestion_id) = (s.town_id, s.suggestion_id) and p.position > 1
            and not lv.is_invited(s, p.person_id)
    )
    select p.code, p.name, g.place, g.answer, g.answered_at
    from signer as g
    join data.person as p on (p.town_id, p.person_id) = (s.town_id, g.person_id)
    where lv.sees_answers(who, s) or g.answer in ('lead', 'confirmed')
    order by g.place, p.code
$$;

-- Days.

-- The day by which the state that `s` has just come into should be left. A bill waits for a session.
create function lv.suggestion_step_due(s data.suggestion, today date) returns date language sql stable as $$
    select case
        when s.state = 'submitted' then lv.add_working_days(today, d.suggestion_check_days)
        when s.state = 'classified' and s.kind = 'bill' then null
        when s.state in ('form_check', 'classified', 'turned_to_suggestion', 'returned')
            then lv.add_working_days(today, d.suggestion_assign_days)
        when s.state = 'assigned' then lv.add_working_days(today, d.suggestion_contact_days)
        -- A promise that was broken: the answer's own day is long past.
        when s.state = 'key_supervised' and s.replied_on is not null
            then lv.add_months(today, d.suggestion_rehandle_months)
        when s.state in ('contacted', 'co_opinion', 'key_supervised') then coalesce(s.extended_to, s.due_on)
        when s.state = 'replied' then lv.add_working_days(today, d.suggestion_rate_days)
        when s.state in ('rehandle', 'mediated') then lv.add_months(today, d.suggestion_rehandle_months)
        when s.state = 'promised' then s.promised_on
    end
    from lv.settings(today) as d
$$;

-- How late it is: by its step, and by the answer's day while there is no answer; the worse.
create function lv.suggestion_lateness(s data.suggestion, today date) returns text language sql immutable as $$
    select levels.of[greatest(
        array_position(levels.of, lv.lateness(s.step_due_on, today)),
        array_position(levels.of, case
            when
                s.replied_on is null
                and s.state in ('assigned', 'returned', 'contacted', 'co_opinion', 'key_supervised')
                then lv.lateness(coalesce(s.extended_to, s.due_on), today)
        end)
    )]
    from (select array['soon', 'late', 'very_late', 'overdue'] as of) as levels
    where
        s.state not in (
            'draft', 'cosigning', 'closed', 'reported', 'published', 'archived', 'withdrawn', 'void'
        )
$$;

-- Days since it was first given to a unit: no return and no new unit begins them anew.
create function lv.suggestion_age(s data.suggestion, today date) returns int language sql immutable as $$
    select coalesce(s.closed_on, today) - coalesce(s.first_assigned_on, s.assigned_on)
    where s.state not in ('withdrawn', 'void')
$$;

-- A suggestion as ListSuggestions and GetSuggestion show it: the fields of lvzhi.v1.Suggestion but `actions`.
create function lv.suggestion_shown(s data.suggestion) returns table (
    suggestion_id uuid, code text, kind text, title text, text text, grounds text, proposal text, wording int,
    lead_code text, lead_name text, proposer_codes text[], origin_meeting_code text, origin_feedback_code text,
    state text, state_since_on date, step_due_on date, submitted_on date, unit_code text, co_unit_codes text[],
    first_assigned_on date, assigned_on date, due_on date, extended_to_on date, result text, reply text, signed_by text,
    replied_on date, promised_on date, rating text, attitude text, rating_reason text, rehandled int, plan text,
    supervisor_code text, closed_on date, close_reason text, published_on date, published_text text, age_days int,
    lateness text
) language sql stable as $$
    select
        s.suggestion_id, s.code, s.kind, s.title, s.text, s.grounds, s.proposal, s.wording, l.code, l.name,
        array(
            select p.code
            from data.suggestion_proposer as o
            join data.person as p on (p.town_id, p.person_id) = (o.town_id, o.person_id)
            where (o.town_id, o.suggestion_id) = (s.town_id, s.suggestion_id)
            order by o.position
        ),
        m.code, f.code, s.state, s.state_since, s.step_due_on, s.submitted_on, u.code, lv.unit_codes(s.co_unit_ids),
        coalesce(s.first_assigned_on, s.assigned_on), s.assigned_on, s.due_on, s.extended_to, s.result, s.reply,
        s.signed_by, s.replied_on, s.promised_on, s.rating, s.attitude, s.rating_reason, s.rehandled, s.plan, v.code,
        s.closed_on, coalesce(s.void_reason, s.close_reason), s.published_on, s.published_text,
        lv.suggestion_age(s, lv.today()), lv.suggestion_lateness(s, lv.today())
    from (select lv.suggestion_lead(s) as person_id) as lead
    left join data.person as l on (l.town_id, l.person_id) = (s.town_id, lead.person_id)
    left join data.meeting as m on (m.town_id, m.meeting_id) = (s.town_id, s.origin_meeting_id)
    left join data.feedback as f on (f.town_id, f.feedback_id) = (s.town_id, s.origin_feedback_id)
    left join data.unit as u on (u.town_id, u.unit_id) = (s.town_id, s.unit_id)
    left join data.person as v on (v.town_id, v.person_id) = (s.town_id, s.supervisor_id)
$$;

-- Steps. Each part takes the suggestion as it stands (s) and as the step will leave it (n), with n.state as the table
-- says.

-- Bills need enough proposers of the town's own congress on the day they were submitted (Organic Law art. 22).
create function lv.demand_proposers(s data.suggestion, people uuid[], on_day date) returns void
language plpgsql stable as $$
declare
    need int := (lv.settings(on_day)).suggestion_bill_proposers;
    have int := (select count(*) from lv.town_deputies_on(on_day) as d (person_id) where d.person_id = any (people));
begin
    perform lv.demand(
        have >= need, 'conflict', 'too_few_proposers', 'suggestion', s.code, 'have', have::text, 'need', need::text
    );
end
$$;

-- The office looks at the form, and says what it is.
create function lv.examine_suggestion(
    op data.op, s data.suggestion, n data.suggestion, do_action text, m lv.suggestion_move
) returns data.suggestion language plpgsql volatile as $$
begin
    if do_action = 'send_back' then
        -- Of an imported one nobody was asked here: its proposers have signed what they sent.
        insert into data.cosigner (town_id, suggestion_id, wording, person_id, position, answer, op_id)
        select p.town_id, p.suggestion_id, s.wording, p.person_id, p.position, 'confirmed', (op).op_id
        from data.suggestion_proposer as p
        where (p.town_id, p.suggestion_id) = (s.town_id, s.suggestion_id) and p.position > 1
        on conflict do nothing;
        n.lead_id := lv.suggestion_lead(s);
        delete from data.suggestion_proposer as p
        where (p.town_id, p.suggestion_id) = (s.town_id, s.suggestion_id);
        n.submitted_on := null; -- no voice until it is submitted again
    elsif do_action = 'classify' then
        perform lv.demand_value(m.classified_as <> '', 'classified_as');
        perform lv.demand(
            m.classified_as in ('bill', 'suggestion', 'none'), 'invalid', 'classified_as_unknown', 'value',
            m.classified_as
        );
        case m.classified_as
            when 'bill' then
                perform lv.demand(s.kind = 'bill', 'conflict', 'not_a_bill', 'suggestion', s.code);
                perform lv.demand_proposers(
                    s,
                    array(
                        select p.person_id from data.suggestion_proposer as p
                        where (p.town_id, p.suggestion_id) = (s.town_id, s.suggestion_id)
                    ),
                    s.submitted_on
                );
            when 'suggestion' then
                n.kind := 'suggestion';
            else
                perform lv.demand_value(m.note is not null, 'note');
                n.state := 'closed';
                n.closed_on := lv.today();
                n.close_reason := m.note;
        end case;
    end if;
    return n;
end
$$;

-- A session of the congress that is or was held.
create function lv.session_named(meeting_code text) returns data.meeting language plpgsql stable as $$
declare
    m data.meeting;
begin
    perform lv.demand_value(meeting_code <> '', 'meeting_code');
    select * into m from data.meeting as d where (d.town_id, d.code) = (lv.town_id(), meeting_code);
    perform lv.demand(m.meeting_id is not null, 'not_found', 'meeting_unknown', 'meeting', meeting_code);
    perform lv.demand(
        m.kind = 'congress_session' and m.state <> 'cancelled', 'invalid', 'meeting_not_session', 'meeting', m.code
    );
    return m;
end
$$;

-- A bill is adopted by more than half of all deputies of the town's congress (Organic Law art. 25).
create function lv.resolve_bill(
    s data.suggestion, n data.suggestion, m lv.suggestion_move, out resolved data.suggestion, out facts jsonb
) language plpgsql stable as $$
declare
    today date := lv.today();
    session data.meeting := lv.session_named(m.meeting_code);
    deputies int := (select count(*) from lv.town_deputies_on(session.held_on));
    votes int;
    adopted boolean;
begin
    perform lv.demand(
        session.meeting_id = s.agenda_meeting_id or s.agenda_meeting_id is null, 'conflict', 'not_on_that_agenda',
        'suggestion', s.code, 'meeting', session.code
    );
    perform lv.demand(session.held_on <= today, 'invalid', 'day_in_future', 'day', session.held_on::text);
    perform lv.demand_value(m.in_favour is not null, 'in_favour');
    perform lv.demand_value(m.against is not null, 'against');
    perform lv.demand_value(m.abstained is not null, 'abstained');
    votes := least(m.in_favour::int8 + m.against + m.abstained, 2147483647);
    perform lv.demand(
        least(m.in_favour, m.against, m.abstained) >= 0 and votes <= deputies, 'invalid', 'votes_wrong', 'votes',
        votes::text, 'deputies', deputies::text
    );
    adopted := m.in_favour * 2 > deputies;
    n.closed_on := today;
    n.close_reason := case when adopted then '通过' else '未通过' end || '：' || m.note;
    resolved := n;
    facts := jsonb_build_object(
        'meeting', session.code, 'in_favour', m.in_favour, 'against', m.against, 'abstained', m.abstained, 'deputies',
        deputies, 'adopted', adopted
    );
end
$$;

-- A unit begins with a clock of its own. The same unit again: the return was not accepted, and its clock has never
-- stopped. How long is the law's (Deputies Law art. 51): nothing pauses it.
create function lv.assign_suggestion(s data.suggestion, n data.suggestion, m lv.suggestion_move)
returns data.suggestion language plpgsql stable as $$
declare
    today date := lv.today();
    d lv.default_settings := lv.settings(today);
    id uuid;
begin
    perform lv.demand(s.state <> 'classified' or s.kind <> 'bill', 'conflict', 'is_a_bill', 'suggestion', s.code);
    perform lv.demand_value(m.unit_id is not null, 'unit_id');
    foreach id in array m.unit_id || m.co_unit_ids loop
        perform lv.demand(
            exists (select from data.unit as u where (u.town_id, u.unit_id) = (s.town_id, id)), 'not_found',
            'unit_unknown', 'unit', id::text
        );
        perform lv.demand(
            cardinality(array_positions(m.unit_id || m.co_unit_ids, id)) = 1, 'invalid', 'unit_twice', 'unit',
            (lv.unit_codes(array[id]))[1]
        );
    end loop;
    n.co_unit_ids := coalesce(m.co_unit_ids, '{}');
    n.first_assigned_on := coalesce(s.first_assigned_on, s.assigned_on, today);
    if s.state = 'returned' and s.unit_id = m.unit_id then
        perform lv.demand_value(m.note is not null, 'note');
        n.assigned_on := coalesce(s.assigned_on, today);
    else
        n.unit_id := m.unit_id;
        n.assigned_on := today;
        n.due_on := null;
        n.extended_to := null;
    end if;
    if coalesce(m.broad, false) then
        perform lv.demand_value(m.note is not null, 'note');
        n.due_on := lv.add_months(n.assigned_on, d.suggestion_months_extended);
    end if;
    n.due_on := coalesce(n.due_on, lv.add_months(n.assigned_on, d.suggestion_months));
    return n;
end
$$;

-- Has the unit spoken with the deputy in the present round of handling? A round begins with the unit, with the month to
-- do it again, and with a promise that was not kept; a mediation is such a talk too.
create function lv.is_contacted(s data.suggestion) returns boolean language sql stable as $$
    select
        s.state in ('contacted', 'co_opinion')
        or coalesce(
            max(t.step_no) filter (where t.action in ('contact', 'mediate')) > coalesce(
                max(t.step_no) filter (
                    where t.action in ('assign', 'break_promise') or t.to_state = 'rehandle' and t.action = 'rate'
                ),
                0
            ),
            false
        )
    from data.step as t
    where (t.town_id, t.record_id) = (s.town_id, s.suggestion_id)
$$;

-- With a unit, until it has answered.
create function lv.handle_suggestion(s data.suggestion, n data.suggestion, do_action text, m lv.suggestion_move)
returns data.suggestion language plpgsql stable as $$
declare
    today date := lv.today();
    d lv.default_settings := lv.settings(today);
    day date;
begin
    case do_action
        when 'assign' then
            n := lv.assign_suggestion(s, n, m);
        when 'return' then
            day := lv.add_working_days(s.assigned_on, d.suggestion_return_days);
            perform lv.demand(
                coalesce(today <= day, true), 'conflict', 'too_late_to_return', 'suggestion', s.code, 'last', day::text
            );
        when 'contact' then
            day := coalesce(m.day_on, today);
            perform lv.demand(day <= today, 'invalid', 'day_in_future', 'day', day::text);
            perform lv.demand(
                coalesce(day >= greatest(s.assigned_on, case s.state when 'rehandle' then s.state_since end), true),
                'invalid', 'contact_too_early', 'suggestion', s.code, 'day', day::text
            );
            n.state := case s.state when 'assigned' then 'contacted' else s.state end;
        when 'give_opinion' then
            n.state := case s.state when 'contacted' then 'co_opinion' else s.state end;
        when 'extend' then
            day := lv.add_months(coalesce(s.assigned_on, today), d.suggestion_months_extended);
            perform lv.demand(
                s.extended_to is null and coalesce(s.due_on < day, true), 'conflict', 'suggestion_extended',
                'suggestion', s.code, 'day', coalesce(s.extended_to, s.due_on)::text
            );
            n.extended_to := day;
        when 'reply' then
            perform lv.demand_value(m.reply_class is not null, 'reply_class');
            perform lv.demand_value(trim(m.signed_by) <> '', 'signed_by');
            perform lv.demand_value(m.reply_class <> 'planned' or m.promised_on is not null, 'promised_on');
            perform lv.demand(
                m.reply_class <> 'planned' or m.promised_on > today, 'invalid', 'promise_not_ahead', 'day',
                m.promised_on::text
            );
            perform lv.demand(lv.is_contacted(s), 'conflict', 'contact_first', 'suggestion', s.code);
            n.result := m.reply_class;
            n.reply := m.note;
            n.signed_by := trim(m.signed_by);
            n.replied_on := today;
            n.promised_on := case m.reply_class when 'planned' then m.promised_on end;
            -- What was said of an earlier answer is in the steps.
            n.rating := null;
            n.attitude := null;
            n.rating_reason := null;
        when 'supervise' then
            perform lv.demand_value(m.person_code <> '', 'person_code');
            n.supervisor_id := (
                select p.person_id from data.person as p where (p.town_id, p.code) = (s.town_id, m.person_code)
            );
            perform lv.demand(
                n.supervisor_id is not null, 'not_found', 'person_unknown', 'person', m.person_code
            );
            perform lv.demand(
                exists (
                    select from data.post as o
                    where
                        (o.town_id, o.person_id) = (s.town_id, n.supervisor_id) and o.void_reason is null
                        and o.role in ('chair', 'presidium_member')
                        and o.starts_on <= today and coalesce(today < o.ends_on, true)
                ),
                'conflict', 'not_of_presidium', 'person', m.person_code
            );
    end case;
    return n;
end
$$;

-- The lead's word on the answer: of what came of it, and of how it was handled.
create function lv.rate_suggestion(s data.suggestion, n data.suggestion, m lv.suggestion_move)
returns data.suggestion language plpgsql stable as $$
begin
    perform lv.demand_value(m.rating <> 'not_rated', 'rating');
    perform lv.demand_value(m.attitude <> 'not_rated', 'attitude');
    perform lv.demand_value('dissatisfied' not in (m.rating, m.attitude) or m.note is not null, 'note');
    n.rating := m.rating;
    n.attitude := m.attitude;
    n.rating_reason := m.note;
    n.state := case
        when m.rating = 'dissatisfied' and s.rehandled = 0 then 'rehandle'
        when m.rating = 'dissatisfied' then 'rated' -- the chair brings both together
        when s.result = 'planned' then 'promised'
        else 'rated'
    end;
    n.rehandled := s.rehandled + (n.state = 'rehandle')::int;
    return n;
end
$$;

-- From the answer to the archive.
create function lv.settle_suggestion(s data.suggestion, n data.suggestion, do_action text, m lv.suggestion_move)
returns data.suggestion language plpgsql stable as $$
declare
    today date := lv.today();
    told text;
begin
    case do_action
        when 'rate' then
            n := lv.rate_suggestion(s, n, m);
        when 'mediate' then
            perform lv.demand(
                'dissatisfied' in (coalesce(s.rating, ''), coalesce(s.attitude, '')), 'conflict', 'nothing_to_mediate',
                'suggestion', s.code
            );
        when 'close' then
            perform lv.demand(
                s.state <> 'rated' or s.rating is distinct from 'dissatisfied', 'conflict', 'dissatisfied_open',
                'suggestion', s.code
            );
            -- One that waits for its rating closes by itself, as not rated, when the days for it are over.
            perform lv.demand_value(
                m.note is not null or s.state in ('rated', 'kept')
                or s.state = 'replied' and coalesce(s.step_due_on < today, false),
                'note'
            );
            if s.state = 'replied' then
                n.rating := coalesce(s.rating, 'not_rated');
            end if;
            n.closed_on := today;
            n.close_reason := m.note;
        when 'report' then
            n.reported_meeting_id := (lv.session_named(m.meeting_code)).meeting_id;
            n.closed_on := coalesce(s.closed_on, today); -- a promise that was kept
        when 'publish' then
            perform lv.demand_value(trim(m.text) <> '', 'text');
            told := regexp_replace(m.text, '[\s-]', '', 'g');
            perform lv.demand(
                not exists (
                    select
                    from data.suggestion_proposer as o
                    join data.person as p on (p.town_id, p.person_id) = (o.town_id, o.person_id)
                    where
                        (o.town_id, o.suggestion_id) = (s.town_id, s.suggestion_id) and p.phone <> ''
                        and position(regexp_replace(p.phone, '[\s-]', '', 'g') in told) > 0
                ),
                'invalid', 'text_has_phone', 'suggestion', s.code
            );
            n.published_on := today;
            n.published_text := trim(m.text);
        when 'void' then
            n.void_reason := m.note;
        when 'withdraw', 'consent_withdrawal' then
            n.close_reason := m.note;
        else
            null; -- keep_promise, break_promise, archive
    end case;
    return n;
end
$$;

create function lv.meeting_code(id uuid) returns text language sql stable as $$
    select m.code from data.meeting as m where (m.town_id, m.meeting_id) = (lv.town_id(), id)
$$;

-- What its steps' facts may say of a suggestion: codes in place of ids. Texts are wordings of their own or the notes of
-- the steps that gave them.
create function lv.suggestion_columns(s data.suggestion) returns jsonb language sql stable as $$
    select
        to_jsonb(s) - array[
            'town_id', 'suggestion_id', 'code', 'title', 'text', 'grounds', 'proposal', 'state', 'state_since',
            'step_due_on', 'reply', 'rating_reason', 'close_reason', 'void_reason', 'published_text', 'lead_id',
            'origin_meeting_id', 'origin_feedback_id', 'unit_id', 'co_unit_ids', 'supervisor_id', 'agenda_meeting_id',
            'reported_meeting_id'
        ] || jsonb_build_object(
            'unit', (lv.unit_codes(array[s.unit_id]))[1],
            'co_units', nullif(lv.unit_codes(s.co_unit_ids), '{}'),
            'supervisor', (
                select p.code from data.person as p where (p.town_id, p.person_id) = (s.town_id, s.supervisor_id)
            ),
            'origin_meeting', lv.meeting_code(s.origin_meeting_id),
            'agenda_meeting', lv.meeting_code(s.agenda_meeting_id),
            'reported_meeting', lv.meeting_code(s.reported_meeting_id),
            'origin_feedback', (
                select f.code from data.feedback as f
                where (f.town_id, f.feedback_id) = (s.town_id, s.origin_feedback_id)
            )
        )
$$;

-- What a step changed: column -> value, column_before -> the value that it replaced. When it goes to a unit or comes
-- back, the unit and its clock in any case.
create function lv.suggestion_facts(s data.suggestion, n data.suggestion) returns jsonb language sql stable as $$
    select coalesce(jsonb_object_agg(c.key, c.value), '{}')
    from jsonb_each(lv.suggestion_columns(s)) as b
    join jsonb_each(lv.suggestion_columns(n)) as a on a.key = b.key
    cross join lateral (
        values
        (
            a.key, a.value,
            a.value <> b.value
            or n.state <> s.state and n.state in ('assigned', 'returned') and a.key in ('unit', 'assigned_on', 'due_on')
        ),
        (b.key || '_before', b.value, a.value <> b.value)
    ) as c (key, value, told)
    where c.told
$$;

-- Writes what a step has changed and its line in the history. `facts`: what else it named.
create function lv.keep_suggestion(
    who data.caller, op data.op, s data.suggestion, n data.suggestion, do_action text, note text, facts jsonb
) returns void language plpgsql volatile as $$
begin
    update data.suggestion as d
    set
        kind = n.kind, title = n.title, text = n.text, grounds = n.grounds, proposal = n.proposal, wording = n.wording,
        origin_meeting_id = n.origin_meeting_id, origin_feedback_id = n.origin_feedback_id, state = n.state,
        state_since = n.state_since, step_due_on = n.step_due_on, lead_id = n.lead_id, submitted_on = n.submitted_on,
        unit_id = n.unit_id, co_unit_ids = n.co_unit_ids, first_assigned_on = n.first_assigned_on,
        assigned_on = n.assigned_on, due_on = n.due_on, extended_to = n.extended_to, result = n.result, reply = n.reply,
        signed_by = n.signed_by, replied_on = n.replied_on, promised_on = n.promised_on, rating = n.rating,
        attitude = n.attitude, rating_reason = n.rating_reason, rehandled = n.rehandled,
        supervisor_id = n.supervisor_id, agenda_meeting_id = n.agenda_meeting_id,
        reported_meeting_id = n.reported_meeting_id, published_on = n.published_on, published_text = n.published_text,
        closed_on = n.closed_on, close_reason = n.close_reason, void_reason = n.void_reason
    where (d.town_id, d.suggestion_id) = (s.town_id, s.suggestion_id);
    perform lv.add_step(
        who, op, 'suggestion', s.suggestion_id, do_action, s.state, n.state, note, lv.suggestion_facts(s, n) || facts
    );
end
$$;

-- Whether this deputy, this unit may take this step of this suggestion; the office and the chair may in any case.
create function lv.demand_suggestion_scope(who data.caller, s data.suggestion, do_action text) returns void
language plpgsql stable as $$
begin
    if do_action in ('cosign', 'decline') then
        perform lv.demand(lv.is_invited(s, (who).person_id), 'forbidden', 'not_invited', 'suggestion', s.code);
    elsif do_action = 'give_opinion' then
        perform lv.demand(
            (who).unit_id = any (s.co_unit_ids), 'forbidden', 'not_yours', 'subject', 'suggestion', 'code', s.code,
            'role', (who).role
        );
    else
        perform lv.demand_scope(who, null, lv.suggestion_lead(s), s.unit_id, 'suggestion', s.code);
    end if;
end
$$;

-- One step of a suggestion.
create function lv.move_suggestion(
    who data.caller, op data.op, suggestion uuid, do_action text, m lv.suggestion_move,
    out state text, out due_on date, out step_due_on date
) language plpgsql volatile as $$
declare
    needs_note constant text[] := array[
        'send_back', 'refer', 'turn', 'resolve', 'consent_withdrawal', 'return', 'contact', 'give_opinion', 'extend',
        'reply', 'mediate', 'keep_promise', 'break_promise', 'void'
    ];
    of_bills constant text[] := array['put_on_agenda', 'refer', 'turn', 'resolve', 'consent_withdrawal'];
    today date := lv.today();
    s data.suggestion;
    n data.suggestion;
    leads_to text[];
    resolution record;
    facts jsonb := '{}';
begin
    select * into s from data.suggestion as d where (d.town_id, d.suggestion_id) = ((who).town_id, suggestion)
    for no key update;
    perform lv.demand(
        s.suggestion_id is not null, 'not_found', 'suggestion_unknown', 'suggestion', coalesce(suggestion::text, '')
    );
    perform lv.demand_step(who, 'suggestion', do_action, s.state, s.code);
    perform lv.demand_suggestion_scope(who, s, do_action);
    m.note := nullif(trim(m.note), '');
    perform lv.demand_value(
        m.note is not null
        or do_action <> all (needs_note) and (do_action <> 'withdraw' or s.submitted_on is null),
        'note'
    );
    perform lv.demand(
        do_action <> all (of_bills) or s.kind = 'bill', 'conflict', 'not_a_bill', 'suggestion', s.code
    );

    leads_to := (
        select t.to_states from lv.transition as t
        where
            t.subject = 'suggestion' and t.action = do_action and s.state = any (t.from_states)
            and (who).role = any (t.roles)
    );
    n := s;
    n.state := case leads_to[1] when '=' then s.state else leads_to[1] end;
    case
        when do_action in ('cosign', 'decline') then
            facts := lv.answer_invitation(who, op, s, do_action, m);
        when do_action = 'submit' then
            n := lv.submit_suggestion(s, n);
            facts := jsonb_build_object('wording', s.wording);
        when do_action in ('check_form', 'send_back', 'classify') then
            n := lv.examine_suggestion(op, s, n, do_action, m);
            facts := jsonb_build_object('classified_as', m.classified_as);
        when do_action = 'put_on_agenda' or do_action = 'refer' and m.meeting_code <> '' then
            n.agenda_meeting_id := (lv.session_named(m.meeting_code)).meeting_id;
        when do_action = 'refer' then
            null;
        when do_action = 'turn' then
            n.kind := 'suggestion';
        when do_action = 'resolve' then
            select * into resolution from lv.resolve_bill(s, n, m);
            n := resolution.resolved;
            facts := resolution.facts;
        when do_action in ('assign', 'return', 'contact', 'give_opinion', 'extend', 'reply', 'supervise') then
            n := lv.handle_suggestion(s, n, do_action, m);
        else
            n := lv.settle_suggestion(s, n, do_action, m);
    end case;
    facts := facts || case
        when do_action = 'contact' then jsonb_build_object('day_on', coalesce(m.day_on, today))
        when do_action = 'give_opinion' then jsonb_build_object('unit', (lv.unit_codes(array[(who).unit_id]))[1])
        when do_action = 'assign' then jsonb_build_object(
            'broad', coalesce(m.broad, false),
            'opinions_due_on', case
                when n.co_unit_ids <> '{}' then lv.add_months(today, (lv.settings(today)).suggestion_opinion_months)
            end
        )
        else '{}'
    end;

    if n.state <> s.state then
        n.state_since := today;
        n.step_due_on := lv.suggestion_step_due(n, today);
    elsif do_action = 'extend' and s.state <> 'assigned' then
        n.step_due_on := lv.suggestion_step_due(n, today);
    end if;
    perform lv.keep_suggestion(who, op, s, n, do_action, m.note, facts);
    state := n.state;
    due_on := coalesce(n.extended_to, n.due_on);
    step_due_on := n.step_due_on;
end
$$;
