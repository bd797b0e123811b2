-- Who sees which cases of the three nots (domain.md E5), and what is whose own: a case, and whatever nobody may settle
-- for themselves.

-- An account that stands for no person stands for its office: a group's leader, the chair.
create function lv.is_of_case(who data.caller, person uuid) returns boolean language plpgsql stable as $$
begin
    if (who).person_id is not null or (who).role not in ('leader', 'chair') then
        return coalesce((who).person_id = person, false);
    end if;
    return exists (
        select
        from data.post as p
        where
            (p.town_id, p.person_id) = (lv.town_id(), person) and p.void_reason is null
            and p.starts_on <= lv.today() and coalesce(lv.today() < p.ends_on, true)
            and case (who).role
                when 'leader' then p.role = 'group_leader' and p.group_id = (who).group_id
                else p.role = 'chair'
            end
    );
end
$$;

-- In a case of their own, whoever they are else, a person is the deputy it is about.
create function lv.case_role(who data.caller, person uuid) returns data.caller language plpgsql immutable as $$
begin
    if (who).person_id = person then
        who.role := 'deputy';
    end if;
    return who;
end
$$;

-- The office, the chair and auditors: all. The person: their own once they were told. Leaders: their group's reminders,
-- and of the others what they are to check and what has been decided (domain.md E5).
create function lv.cases_seen(who data.caller) returns setof data.three_no_case language sql stable as $$
    select c.*
    from data.three_no_case as c
    where
        c.town_id = lv.town_id()
        and case
            when (who).role in ('office', 'chair', 'auditor') then true
            when (who).role not in ('deputy', 'leader') then false
            when c.person_id = (who).person_id then c.told_version is not null
            when (who).role = 'leader' then
                c.group_id = (who).group_id
                and (
                    c.track = 'remind' and c.state <> 'void'
                    or c.state in ('data_check', 'help_plan', 'cleared', 'carried', 'closed')
                )
                and not lv.is_of_case(who, c.person_id)
            else false
        end
$$;
