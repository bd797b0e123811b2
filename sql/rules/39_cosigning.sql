-- How a suggestion comes about: a deputy writes it, others sign it, each of them personally, and it is submitted. The
-- wording is frozen by that: a change of it is a new wording, which all who were asked are asked to sign again.

-- Invites people to sign the present wording; each gets a notice.
create function lv.ask_cosigners(
    who data.caller, op data.op, s data.suggestion, people uuid[], first_position int
) returns void language sql volatile as $$
    insert into data.cosigner (town_id, suggestion_id, wording, person_id, position, op_id)
    select s.town_id, s.suggestion_id, s.wording, i.person_id, first_position + i.place::int - 1, (op).op_id
    from unnest(people) with ordinality as i (person_id, place);

    insert into data.notice (
        town_id, notice_id, person_id, subject, record_id, title, text, sent_at, sender_id, op_id
    )
    select
        s.town_id, gen_random_uuid(), i.person_id, 'suggestion', s.suggestion_id, '请您联名：' || s.title,
        s.code || ' 第 ' || s.wording || ' 稿，请看过全文后确认或谢绝。', lv.now(), (who).account_id, (op).op_id
    from unnest(people) as i (person_id);
$$;

-- A meeting and a feedback that it arose from.
create function lv.suggestion_origin(
    who data.caller, n data.suggestion, meeting_code text, feedback_code text
) returns data.suggestion language plpgsql stable as $$
declare
    f data.feedback;
begin
    if meeting_code <> '' then
        n.origin_meeting_id := (
            select m.meeting_id from data.meeting as m where (m.town_id, m.code) = ((who).town_id, meeting_code)
        );
        perform lv.demand(
            n.origin_meeting_id is not null, 'not_found', 'meeting_unknown', 'meeting', meeting_code
        );
    end if;
    if feedback_code <> '' then
        select * into f from data.feedback as d where (d.town_id, d.code) = ((who).town_id, feedback_code);
        perform lv.demand(f.feedback_id is not null, 'not_found', 'feedback_unknown', 'feedback', feedback_code);
        perform lv.demand(
            f.deputy_id = (who).person_id, 'forbidden', 'not_your_feedback', 'feedback', f.code
        );
        n.origin_feedback_id := f.feedback_id;
    end if;
    return n;
end
$$;

create function lv.keep_wording(who data.caller, op data.op, s data.suggestion) returns void
language sql volatile as $$
    insert into data.suggestion_wording (
        town_id, suggestion_id, wording, title, text, grounds, proposal, op_id, author_id, recorded_at
    )
    values (
        s.town_id, s.suggestion_id, s.wording, s.title, s.text, s.grounds, s.proposal, (op).op_id, (who).account_id,
        lv.now()
    )
$$;

-- What the lead changes before it is submitted; a new wording is asked for again.
create function lv.change_suggestion(
    who data.caller, op data.op, s data.suggestion, n data.suggestion
) returns void language plpgsql volatile as $$
declare
    asked uuid[];
    facts jsonb := '{}';
begin
    if (n.title, n.text, n.grounds, n.proposal) is distinct from (s.title, s.text, s.grounds, s.proposal) then
        n.wording := s.wording + 1;
        perform lv.keep_wording(who, op, n);
        asked := array(
            select c.person_id from data.cosigner as c
            where (c.town_id, c.suggestion_id, c.wording) = (s.town_id, s.suggestion_id, s.wording)
            order by c.position
        );
        if asked <> '{}' then
            perform lv.ask_cosigners(who, op, n, asked, 2);
            n.state := 'cosigning';
            facts := jsonb_build_object('asked_again', cardinality(asked));
        end if;
    end if;
    if n.state <> s.state then
        n.state_since := lv.today();
    end if;
    perform lv.keep_suggestion(who, op, s, n, 'change', null, facts);
end
$$;

-- A new draft, or a change of the caller's own that is not submitted.
create function lv.draft_suggestion(
    who data.caller, op data.op, suggestion uuid, kind text, title text, said text, grounds text, proposal text,
    origin_meeting_code text, origin_feedback_code text, out code text, out wording int
) language plpgsql volatile as $$
declare
    today date := lv.today();
    s data.suggestion;
    n data.suggestion;
    is_new boolean;
begin
    perform lv.demand_value(suggestion is not null, 'suggestion_id');
    select * into s from data.suggestion as d where (d.town_id, d.suggestion_id) = ((who).town_id, suggestion)
    for no key update;
    is_new := s.suggestion_id is null;
    perform lv.demand_step(
        who, 'suggestion', case when is_new then 'draft' else 'change' end, coalesce(s.state, 'new'),
        coalesce(s.code, '')
    );
    n := s;
    n.kind := coalesce(draft_suggestion.kind, s.kind);
    n.title := coalesce(nullif(trim(draft_suggestion.title), ''), s.title);
    n.text := coalesce(nullif(trim(said), ''), s.text);
    n.grounds := coalesce(nullif(trim(draft_suggestion.grounds), ''), s.grounds);
    n.proposal := coalesce(nullif(trim(draft_suggestion.proposal), ''), s.proposal);
    if not is_new then
        perform lv.demand_suggestion_scope(who, s, 'change');
    end if;
    perform lv.demand_value(n.kind is not null, 'kind');
    perform lv.demand_value(n.title is not null, 'title');
    n := lv.suggestion_origin(who, n, origin_meeting_code, origin_feedback_code);
    if is_new then
        perform lv.demand_in_office((who).person_id, today);
        n.town_id := (who).town_id;
        n.suggestion_id := suggestion;
        n.code := lv.next_code('suggestion');
        n.wording := 1;
        n.state := 'draft';
        insert into data.suggestion (
            town_id, suggestion_id, code, kind, title, text, grounds, proposal, origin_meeting_id, origin_feedback_id,
            lead_id, state, state_since
        )
        values (
            n.town_id, n.suggestion_id, n.code, n.kind, n.title, n.text, n.grounds, n.proposal, n.origin_meeting_id,
            n.origin_feedback_id, (who).person_id, n.state, today
        )
        on conflict do nothing;
        perform lv.demand(found, 'conflict', 'suggestion_exists', 'suggestion', suggestion::text);
        perform lv.keep_wording(who, op, n);
        perform lv.add_step(
            who, op, 'suggestion', suggestion, 'draft', 'new', n.state, null,
            jsonb_build_object(
                'kind', n.kind, 'origin_meeting', nullif(origin_meeting_code, ''),
                'origin_feedback', nullif(origin_feedback_code, '')
            )
        );
    else
        perform lv.demand(n is distinct from s, 'invalid', 'nothing_changed', 'suggestion', s.code);
        perform lv.change_suggestion(who, op, s, n);
    end if;
    select d.code, d.wording into code, wording
    from data.suggestion as d
    where (d.town_id, d.suggestion_id) = ((who).town_id, suggestion);
end
$$;

create function lv.invite_cosigners(who data.caller, op data.op, suggestion uuid, people uuid[]) returns int
language plpgsql volatile as $$
declare
    today date := lv.today();
    s data.suggestion;
    n data.suggestion;
    p data.person;
    id uuid;
    last_position int;
begin
    select * into s from data.suggestion as d where (d.town_id, d.suggestion_id) = ((who).town_id, suggestion)
    for no key update;
    perform lv.demand(
        s.suggestion_id is not null, 'not_found', 'suggestion_unknown', 'suggestion', coalesce(suggestion::text, '')
    );
    perform lv.demand_step(who, 'suggestion', 'invite', s.state, s.code);
    perform lv.demand_suggestion_scope(who, s, 'invite');
    perform lv.demand_value(cardinality(people) > 0, 'person_ids');
    foreach id in array people loop
        select * into p from data.person as d where (d.town_id, d.person_id) = (s.town_id, id);
        perform lv.demand(p.person_id is not null, 'not_found', 'person_unknown', 'person', id::text);
        perform lv.demand(
            cardinality(array_positions(people, id)) = 1, 'invalid', 'same_person_twice', 'person', p.code
        );
        perform lv.demand(id <> lv.suggestion_lead(s), 'invalid', 'lead_signs_already', 'person', p.code);
        perform lv.demand(
            not lv.is_invited(s, id), 'conflict', 'already_invited', 'suggestion', s.code, 'person', p.code
        );
        perform lv.demand_in_office(id, today);
    end loop;
    last_position := (
        select max(c.position) from data.cosigner as c
        where (c.town_id, c.suggestion_id, c.wording) = (s.town_id, s.suggestion_id, s.wording)
    );
    perform lv.ask_cosigners(who, op, s, people, coalesce(last_position, 1) + 1);
    n := s;
    n.state := 'cosigning';
    if n.state <> s.state then
        n.state_since := today;
    end if;
    perform lv.keep_suggestion(
        who, op, s, n, 'invite', null,
        jsonb_build_object(
            'wording', s.wording,
            'people', array(
                select d.code
                from unnest(people) with ordinality as i (person_id, place)
                join data.person as d on (d.town_id, d.person_id) = (s.town_id, i.person_id)
                order by i.place
            )
        )
    );
    return cardinality(people);
end
$$;

-- Cosign and decline: the invited deputy's own word on the wording that they have read. The last word before it is
-- submitted counts.
create function lv.answer_invitation(
    who data.caller, op data.op, s data.suggestion, do_action text, m lv.suggestion_move
) returns jsonb language plpgsql volatile as $$
declare
    said text := case do_action when 'cosign' then 'confirmed' else 'declined' end;
    before text;
begin
    perform lv.demand_value(m.wording is not null, 'wording');
    perform lv.demand(
        m.wording = s.wording, 'conflict', 'wording_changed', 'suggestion', s.code, 'wording', m.wording::text,
        'present', s.wording::text
    );
    if said = 'confirmed' then
        perform lv.demand_in_office((who).person_id, lv.today());
    end if;
    select c.answer into before
    from data.cosigner as c
    where (c.town_id, c.suggestion_id, c.wording, c.person_id)
        = (s.town_id, s.suggestion_id, s.wording, (who).person_id);
    perform lv.demand(
        before is distinct from said, 'conflict', 'answered_already', 'suggestion', s.code, 'answer', said
    );
    update data.cosigner as c
    set answer = said, answered_at = lv.now(), op_id = (op).op_id
    where (c.town_id, c.suggestion_id, c.wording, c.person_id)
        = (s.town_id, s.suggestion_id, s.wording, (who).person_id);
    return jsonb_build_object(
        'wording', s.wording, 'answer_before', before,
        'person', (select p.code from data.person as p where (p.town_id, p.person_id) = (s.town_id, (who).person_id))
    );
end
$$;

-- Who has confirmed the present wording and is still in office proposes it with the lead; who has not answered or
-- declined is left out.
create function lv.submit_suggestion(s data.suggestion, n data.suggestion) returns data.suggestion
language plpgsql volatile as $$
declare
    today date := lv.today();
    lead uuid := lv.suggestion_lead(s);
    people uuid[];
begin
    perform lv.demand_value(s.text <> '', 'text');
    if s.kind = 'bill' then
        perform lv.demand_value(s.grounds <> '', 'grounds'); -- 案由 案据 方案: Deputies Law art. 15
        perform lv.demand_value(s.proposal <> '', 'proposal');
    end if;
    perform lv.demand_in_office(lead, today);
    people := lead || array(
        select c.person_id from data.cosigner as c
        where
            (c.town_id, c.suggestion_id, c.wording, c.answer) = (s.town_id, s.suggestion_id, s.wording, 'confirmed')
            and lv.is_in_office(c.person_id, today)
        order by c.position
    );
    if s.kind = 'bill' then
        perform lv.demand_proposers(s, people, today);
    end if;
    delete from data.suggestion_proposer as p -- of an imported draft
    where (p.town_id, p.suggestion_id) = (s.town_id, s.suggestion_id);
    insert into data.suggestion_proposer (town_id, suggestion_id, position, person_id)
    select s.town_id, s.suggestion_id, i.place, i.person_id
    from unnest(people) with ordinality as i (person_id, place);
    n.submitted_on := today;
    return n;
end
$$;
