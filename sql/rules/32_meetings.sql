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

-- Has the person a mandate in the group on that day? PL/pgSQL, so that it is not written out where it is called: most
-- marks never ask.
create function lv.stands_in_group(person uuid, in_group uuid, day date) returns boolean language plpgsql stable as $$
begin
    return exists (select from lv.mandates_in_force(person, day) as f where f.group_id = in_group);
end
$$;

-- Which lines of a roll that they see: deputies their own; of the whole town's, clerks and leaders their group's.
create function lv.line_seen(who data.caller, meeting_group uuid, held_on date, person uuid) returns boolean
language plpgsql stable as $$
begin
    return coalesce(
        case
            when (who).role = 'deputy' then person = (who).person_id
            when (who).role in ('clerk', 'leader') and meeting_group is null
                then lv.stands_in_group(person, (who).group_id, held_on)
            else true
        end,
        false
    );
end
$$;

-- Why a mark may not be made, or null (rules.md section 2): clerks and leaders mark their own group's deputies, a
-- closed meeting's changed mark needs its reason, after locking only the chair marks. Null `mark`: none was given.
create function lv.mark_rule(
    role text, own_group uuid, meeting_group uuid, held_on date, state text, person uuid, mark text, earlier text,
    note text
) returns text language sql stable as $$
    select case
        when role in ('clerk', 'leader') and own_group <> meeting_group then 'not_your_group'
        when state not in ('open', 'closed', 'approved', 'locked') then 'meeting_not_open'
        when mark is null then 'mark_missing'
        when
            role in ('clerk', 'leader') and meeting_group is null
            and not lv.stands_in_group(person, own_group, held_on)
            then 'not_your_group'
        when state = 'locked' and role <> 'chair' then 'locked_chair_only'
        when state <> 'open' and earlier <> mark and coalesce(note, '') = '' then 'reason_missing'
    end
$$;

-- RecordAttendance left a mark out: say why.
create function lv.refuse_marks(caller data.caller, meeting uuid, people uuid[], marks text[], notes text[])
returns boolean language plpgsql volatile as $$
declare
    m data.meeting;
    a record;
    person_code text;
    rule text;
begin
    select * into m from data.meeting as d where (d.town_id, d.meeting_id) = (lv.town_id(), meeting);
    perform lv.demand(m.meeting_id is not null, 'not_found', 'meeting_unknown', 'meeting', coalesce(meeting::text, ''));
    perform lv.demand(cardinality(people) > 0, 'invalid', 'no_marks', 'meeting', m.code);
    for a in
        select u.person, u.mark, u.note, p.mark as earlier, r.person_id is not null as on_roll
        from unnest(people, marks, notes) as u (person, mark, note)
        left join data.roll_line as r
            on (r.town_id, r.meeting_id, r.person_id) = (m.town_id, m.meeting_id, u.person)
        left join lv.present_mark as p on (p.town_id, p.meeting_id, p.person_id) = (m.town_id, m.meeting_id, u.person)
    loop
        rule := lv.mark_rule(
            caller.role, caller.group_id, m.group_id, m.held_on, m.state, a.person, a.mark, a.earlier, a.note
        );
        rule := case
            when rule in ('meeting_not_open', 'locked_chair_only') then rule
            when rule = 'not_your_group' and m.group_id is not null then rule
            when cardinality(array_positions(people, a.person)) > 1 then 'same_person_twice'
            when a.mark is null then 'mark_missing'
            when not a.on_roll then 'not_on_roll'
            else rule
        end;
        person_code := coalesce(
            (select d.code from data.person as d where (d.town_id, d.person_id) = (m.town_id, a.person)),
            a.person::text, ''
        );
        case
            when rule is null then continue;
            when rule = 'meeting_not_open' then
                perform lv.refuse('conflict', rule, 'meeting', m.code, 'state', m.state);
            when rule in ('not_your_group', 'locked_chair_only') then
                perform lv.refuse('forbidden', rule, 'meeting', m.code, 'person', person_code);
            else perform lv.refuse('invalid', rule, 'meeting', m.code, 'person', person_code);
        end case;
    end loop;
    raise exception 'a mark of meeting % was left out without a reason', m.code;
end
$$;
