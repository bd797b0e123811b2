-- Names in the text of a matter (domain.md B3: redact in place, keeping the case).

-- Puts ■■ for each of the words, wherever it stands; the length says nothing of what stood there.
create function lv.redact_feedback(who data.caller, op data.op, id uuid, words text[], because text) returns int
language plpgsql volatile as $$
declare
    f data.feedback;
    new_text text;
    word text;
    number int := 0;
    replaced int := 0;
begin
    perform lv.feedback_found(who, id, null);
    select * into strict f
    from data.feedback as d
    where (d.town_id, d.feedback_id) = ((who).town_id, id)
    for no key update;
    perform lv.demand_value(cardinality(words) > 0, 'hidden_words');
    perform lv.demand_value(length(trim(because)) >= 2, 'reason');
    new_text := f.text;
    foreach word in array words loop
        number := number + 1;
        -- The refusal names the place and not the word: refusals are kept longer than names should be.
        perform lv.demand(
            trim(word) <> '' and position(word in f.text) > 0, 'invalid', 'word_not_there', 'feedback', f.code,
            'number', number::text
        );
        replaced := replaced + (length(new_text) - length(replace(new_text, word, ''))) / length(word);
        new_text := replace(new_text, word, '■■');
    end loop;
    insert into data.redaction (
        town_id, feedback_id, op_id, original, replaced, reason, author_id, device_id, redacted_at
    )
    values (
        f.town_id, id, (op).op_id, f.text, replaced, trim(because), (who).account_id, (who).device_id, lv.now()
    );
    update data.feedback as d set text = new_text where (d.town_id, d.feedback_id) = (f.town_id, id);
    perform lv.add_step(
        who, op, 'feedback', id, 'redact', f.state, f.state, trim(because), jsonb_build_object('replaced', replaced)
    );
    return replaced;
end
$$;

-- The text as it was before the first redaction; the look is kept among those at identities.
create function lv.reveal_original(who data.caller, id uuid, because text) returns text language plpgsql volatile as $$
declare
    f data.feedback;
    first data.redaction;
begin
    perform lv.feedback_found(who, id, null);
    select * into strict f from data.feedback as d where (d.town_id, d.feedback_id) = ((who).town_id, id);
    perform lv.demand(coalesce(length(trim(because)) >= 2, false), 'invalid', 'look_reason_needed', 'feedback', f.code);
    select * into first
    from data.redaction as r
    where (r.town_id, r.feedback_id) = (f.town_id, id)
    order by r.redacted_at, r.op_id
    limit 1;
    perform lv.demand(first.op_id is not null, 'not_found', 'not_redacted', 'feedback', f.code);
    perform lv.demand(first.original is not null, 'not_found', 'original_ended', 'feedback', f.code);
    insert into data.identity_look (town_id, feedback_id, account_id, device_id, reason, looked_at)
    values (f.town_id, id, (who).account_id, (who).device_id, '看涂去前的原文：' || trim(because), lv.now());
    return first.original;
end
$$;
