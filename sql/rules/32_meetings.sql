-- Which meetings and which lines of their rolls a caller sees.

-- Clerks and leaders: their group's and the whole town's. Deputies: those on whose roll they stand.
create function lv.meetings_seen(who data.caller) returns setof data.meeting language sql stable as $$
    select m.*
    from data.meeting as m
    where
        m.town_id = lv.town_id()
        and case
            when (who).role in ('office', 'chair', 'auditor') then true
            when (who).role in ('clerk', 'leader') then coalesce(m.group_id = (who).group_id, m.group_id is null)
            when (who).role = 'deputy' then exists (
                select from data.roll_line as r
                where r.town_id = m.town_id and r.meeting_id = m.meeting_id and r.person_id = (who).person_id
            )
            else false
        end
$$;

-- The meeting of this id, or of this code, or a refusal.
create function lv.meeting_seen(who data.caller, id uuid, meeting_code text) returns uuid language plpgsql stable as $$
declare
    found uuid := (
        select m.meeting_id
        from data.meeting as m
        where m.town_id = lv.town_id() and case when id is null then m.code = meeting_code else m.meeting_id = id end
    );
begin
    perform lv.demand(
        found is not null, 'not_found', 'meeting_unknown', 'meeting', coalesce(id::text, meeting_code)
    );
    perform lv.demand(
        exists (select from lv.meetings_seen(who) as m where m.meeting_id = found),
        'forbidden', 'not_your_group', 'meeting', coalesce(meeting_code, id::text)
    );
    return found;
end
$$;

-- RecordAttendance says no; strict, so that a null rule costs nothing. After closing, a changed mark needs its reason;
-- after locking the chair alone may mark (rules.md section 2).
create function lv.refuse_mark(rule text, meeting_code text, state text, person text) returns boolean
language plpgsql volatile strict as $$
declare
    person_code text := coalesce(
        (select p.code from data.person as p where p.town_id = lv.town_id() and p.person_id::text = person), person
    );
begin
    case rule
        when 'meeting_unknown' then perform lv.refuse('not_found', rule, 'meeting', meeting_code);
        when 'meeting_not_open' then perform lv.refuse('conflict', rule, 'meeting', meeting_code, 'state', state);
        when 'locked_chair_only' then perform lv.refuse('forbidden', rule, 'meeting', meeting_code);
        when 'not_your_group' then
            perform lv.refuse('forbidden', rule, 'meeting', meeting_code, 'person', person_code);
        else perform lv.refuse('invalid', rule, 'meeting', meeting_code, 'person', person_code);
    end case;
    return false;
end
$$;
