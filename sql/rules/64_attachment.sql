-- Photos and scans of records: who may add and see them, uploads in chunks, sealed originals and their redacted copies.
-- The bytes of an upload wait apart (data.upload_chunk) until size and digest have been checked over all of them; only
-- then is there an attachment, and its bytes are only ever added.

-- The one place that says which records have attachments, who sees them and who may add to them; `seals`: what is added
-- is sealed (domain.md E2: who spoke may be in the picture).
create function lv.record_reach(who data.caller, of_subject text, id uuid, of_code text)
returns table (record_id uuid, code text, seen boolean, may_add boolean, seals boolean) language sql stable as $$
    select
        m.meeting_id, m.code,
        exists (select from lv.meetings_seen(who) as d where d.meeting_id = m.meeting_id),
        case
            when (who).role in ('office', 'chair') then m.state <> 'cancelled'
            when (who).role in ('clerk', 'leader')
                then coalesce(m.group_id = (who).group_id, true) and m.state not in ('cancelled', 'locked')
        end,
        false
    from data.meeting as m
    where of_subject = 'meeting' and m.town_id = lv.town_id() and (m.meeting_id = id or id is null and m.code = of_code)
    union all
    select
        f.feedback_id, f.code,
        exists (select from lv.feedback_seen(who) as d where d.feedback_id = f.feedback_id),
        (who).role <> 'auditor' and f.state not in ('withdrawn', 'void'), true
    from data.feedback as f
    where
        of_subject = 'feedback' and f.town_id = lv.town_id()
        and (f.feedback_id = id or id is null and f.code = of_code)
    union all
    select
        s.suggestion_id, s.code,
        exists (select from lv.suggestions_seen(who) as d where d.suggestion_id = s.suggestion_id),
        case
            when (who).role in ('office', 'chair') then true
            when (who).role = 'deputy' then lv.suggestion_lead(s) = (who).person_id
            when (who).role = 'unit' then (who).unit_id = s.unit_id or (who).unit_id = any (s.co_unit_ids)
        end
        and s.state not in ('withdrawn', 'void'),
        false
    from data.suggestion as s
    where
        of_subject = 'suggestion' and s.town_id = lv.town_id()
        and (s.suggestion_id = id or id is null and s.code = of_code)
    union all
    -- Of a group: its room, its boards, its paper books.
    select
        g.group_id, g.code, (who).role in ('deputy', 'clerk', 'leader', 'office', 'chair', 'auditor'),
        case when (who).role in ('clerk', 'leader') then g.group_id = (who).group_id else (who).role = 'office' end,
        false
    from data.deputy_group as g
    where
        of_subject = 'group' and g.town_id = lv.town_id() and (g.group_id = id or id is null and g.code = of_code)
    union all
    -- Of a visit to a room: the inspector's photos. Of a follow-up: pictures of before and after, also the unit's.
    select
        v.room_visit_id, v.code, lv.group_seen(who, v.group_id),
        (who).role in ('office', 'chair') and v.void_reason is null, false
    from data.room_visit as v
    where
        of_subject = 'room_visit' and v.town_id = lv.town_id()
        and (v.room_visit_id = id or id is null and v.code = of_code)
    union all
    select
        f.follow_up_id, f.code,
        exists (select from lv.follow_ups_seen(who) as d where d.follow_up_id = f.follow_up_id),
        case (who).role
            when 'unit' then f.unit_id = (who).unit_id
            when 'leader' then (
                select m.group_id = (who).group_id from data.meeting as m
                where (m.town_id, m.meeting_id) = (f.town_id, f.meeting_id)
            )
            else (who).role in ('office', 'chair')
        end
        and f.state not in ('done', 'void'),
        false
    from data.follow_up as f
    where
        of_subject = 'follow_up' and f.town_id = lv.town_id()
        and (f.follow_up_id = id or id is null and f.code = of_code)
    union all
    -- Of a case: the person's proofs, which may say how ill somebody was.
    select
        c.case_id, c.code, exists (select from lv.cases_seen(who) as d where d.case_id = c.case_id),
        ((who).role in ('office', 'chair') or c.person_id = (who).person_id) and c.state <> 'void', true
    from data.three_no_case as c
    where of_subject = 'case' and c.town_id = lv.town_id() and (c.case_id = id or id is null and c.code = of_code)
    union all
    -- Of a deed: what proves it. Of a household: who is in need may be in the picture.
    select
        d.deed_id, d.code, lv.deed_in_scope(who, d), (who).role not in ('auditor', 'unit') and d.void_reason is null,
        false
    from data.deed as d
    where of_subject = 'deed' and d.town_id = lv.town_id() and (d.deed_id = id or id is null and d.code = of_code)
    union all
    select
        h.household_id, h.code, lv.household_in_scope(who, h.village_id, lv.helper_ids(h.household_id)),
        (who).role not in ('auditor', 'unit') and h.void_reason is null, true
    from data.household as h
    where
        of_subject = 'household' and h.town_id = lv.town_id()
        and (h.household_id = id or id is null and h.code = of_code)
    union all
    -- Receipts and decisions: the office's.
    select
        f.fund_id, f.code, exists (select from lv.funds_seen(who) as d where d.fund_id = f.fund_id),
        (who).role in ('office', 'chair') and f.void_reason is null, false
    from data.fund as f
    where of_subject = 'fund' and f.town_id = lv.town_id() and (f.fund_id = id or id is null and f.code = of_code)
    union all
    select
        a.award_id, a.code, exists (select from lv.awards_seen(who) as d where d.award_id = a.award_id),
        (who).role in ('office', 'chair') and a.state <> 'void', false
    from lv.award_case as a
    where of_subject = 'award' and a.town_id = lv.town_id() and (a.award_id = id or id is null and a.code = of_code)
    union all
    -- Tallies, and what a group and its leader signed: the paper itself.
    select
        a.appraisal_id, a.code, exists (select from lv.appraisals_seen(who) as d where d.appraisal_id = a.appraisal_id),
        (who).role in ('clerk', 'leader', 'office', 'chair') and a.void_reason is null, false
    from lv.appraisals() as a
    where of_subject = 'appraisal' and (a.appraisal_id = id or id is null and a.code = of_code)
    union all
    select
        p.paper_id, p.code, exists (select from lv.papers_seen(who) as d where d.paper_id = p.paper_id),
        (who).role in ('clerk', 'leader', 'office', 'chair') and p.void_reason is null, false
    from data.group_paper as p
    where of_subject = 'paper' and p.town_id = lv.town_id() and (p.paper_id = id or id is null and p.code = of_code)
    union all
    select
        t.target_id, t.code, exists (select from lv.targets_seen(who) as d where d.target_id = t.target_id),
        (who).role in ('clerk', 'leader', 'office', 'chair') and t.void_reason is null, false
    from data.target as t
    where of_subject = 'target' and t.town_id = lv.town_id() and (t.target_id = id or id is null and t.code = of_code)
$$;

-- The record, which the caller sees, or a refusal.
create function lv.demand_reach(
    who data.caller, of_subject text, id uuid, of_code text, to_add boolean,
    out record_id uuid, out code text, out seals boolean
) language plpgsql stable as $$
declare
    r record;
begin
    perform lv.demand_value(of_subject is not null, 'subject');
    perform lv.demand_value(id is not null or of_code <> '', 'record_code');
    select * into r from lv.record_reach(who, of_subject, id, of_code) as d;
    perform lv.demand(
        r.record_id is not null, 'not_found', 'record_unknown', 'subject', of_subject, 'code',
        coalesce(of_code, id::text)
    );
    perform lv.demand(
        r.seen, 'forbidden', 'not_yours', 'subject', of_subject, 'code', r.code, 'role', (who).role
    );
    perform lv.demand(
        r.may_add or not to_add, 'forbidden', 'attachment_not_here', 'subject', of_subject, 'code', r.code
    );
    record_id := r.record_id;
    code := r.code;
    seals := r.seals;
end
$$;

-- What a file is, by how it begins; null: none of what is kept here. As client/lib/file_type.c.
create function lv.file_type(bytes bytea) returns text language sql immutable as $$
    select case
        when substr(bytes, 1, 3) = '\xffd8ff' then 'jpeg'
        when substr(bytes, 1, 16) = '\x89504e470d0a1a0a0000000d49484452' then 'png'
        when encode(substr(bytes, 1, 8), 'escape') ~ '^%PDF-[12][.][0-9]' then 'pdf'
    end
$$;

create function lv.chunk_size() returns int language sql immutable as $$
    select 131072
$$;

-- How many bytes the chunk of this number has; null: there is none.
create function lv.chunk_bytes(size bigint, number int) returns int language sql immutable as $$
    select least(lv.chunk_size(), size - number::bigint * lv.chunk_size())::int
    where number >= 0 and number::bigint * lv.chunk_size() < size
$$;

create function lv.upload_is_live(u data.upload) returns boolean language sql stable as $$
    select u.started_at > lv.now() - lv.setting('attachment_upload_hours', lv.today()) * interval '1 hour'
$$;

-- Uploads that nobody went on with.
create function lv.clear_uploads(town int) returns void language plpgsql volatile as $$
declare
    over uuid[] := array(select u.upload_id from data.upload as u where u.town_id = town and not lv.upload_is_live(u));
begin
    delete from data.upload_chunk as c where c.town_id = town and c.upload_id = any (over);
    delete from data.upload as u where u.town_id = town and u.upload_id = any (over);
end
$$;

-- One at a time: who counts a record's attachments and adds one.
create function lv.hold_attachments(of_record uuid) returns void language sql volatile as $$
    select pg_advisory_xact_lock(hashtextextended(lv.town_id() || ' ' || of_record, 0))
$$;

-- What is announced of a file, looked at before any of it is sent.
create function lv.demand_file(new_name text, new_type text, new_size bigint, new_sha256 bytea) returns void
language plpgsql stable as $$
declare
    s lv.default_settings := lv.settings(lv.today());
begin
    perform lv.demand_value(new_name is not null, 'name');
    perform lv.demand_value(new_type is not null, 'type');
    perform lv.demand_value(octet_length(new_sha256) = 32, 'sha256');
    perform lv.demand(
        length(new_name) between 1 and 200 and new_name !~ '[/\\[:cntrl:]]' and new_name !~ '^[.]*$', 'invalid',
        'file_name_wrong', 'name', left(new_name, 200)
    );
    perform lv.demand(
        case new_type
            when 'jpeg' then s.attachment_jpeg
            when 'png' then s.attachment_png
            else s.attachment_pdf
        end > 0,
        'invalid', 'file_type_off', 'name', new_name, 'type', new_type
    );
    perform lv.demand(coalesce(new_size > 0, false), 'invalid', 'file_empty', 'name', new_name);
    perform lv.demand(
        new_size <= s.attachment_mb * 1048576, 'invalid', 'file_too_big', 'name', new_name, 'size', new_size::text,
        'limit', s.attachment_mb::text
    );
end
$$;

create function lv.demand_room(of_record uuid, record_code text) returns void language plpgsql stable as $$
declare
    kept bigint := (
        select count(*) from data.attachment as a
        where (a.town_id, a.record_id) = (lv.town_id(), of_record) and a.void_reason is null
    );
    most int := lv.setting('attachment_count', lv.today());
begin
    perform lv.demand(
        kept < most, 'conflict', 'too_many_attachments', 'code', record_code, 'count', kept::text
    );
end
$$;

-- The original that a redacted copy is of.
create function lv.demand_original(original uuid, of_record uuid, new_sha256 bytea) returns void
language plpgsql stable as $$
declare
    a data.attachment;
begin
    select * into a from data.attachment as d where (d.town_id, d.attachment_id) = (lv.town_id(), original);
    perform lv.demand(
        coalesce(a.record_id = of_record and a.void_reason is null and a.redacts_id is null, false), 'not_found',
        'attachment_unknown', 'code', coalesce(a.code, original::text)
    );
    perform lv.demand(a.sha256 <> new_sha256, 'invalid', 'redaction_is_original', 'code', a.code);
end
$$;

create function lv.start_attachment(
    who data.caller, op data.op, id uuid, of_subject text, record uuid, record_code text, new_name text, new_type text,
    new_size bigint, new_sha256 bytea, new_note text, is_sealed boolean, original uuid,
    out attachment_id uuid, out code text, out received int[], out chunk_size int
) language plpgsql volatile as $$
declare
    town int := (who).town_id;
    r record;
    u data.upload;
    waiting bigint;
    most int := lv.setting('attachment_uploads', lv.today());
begin
    perform lv.demand_step(who, 'attachment', 'add', 'new', '');
    perform lv.demand_value(id is not null, 'attachment_id');
    r := lv.demand_reach(who, of_subject, record, record_code, true);
    perform lv.demand_file(new_name, new_type, new_size, new_sha256);
    chunk_size := lv.chunk_size();
    select a.attachment_id, a.code into attachment_id, code
    from data.attachment as a
    where (a.town_id, a.record_id, a.sha256) = (town, r.record_id, new_sha256) and a.void_reason is null;
    if original is not null then
        perform lv.demand_original(original, r.record_id, new_sha256);
    end if;
    if code is not null then
        return;
    end if;
    perform lv.clear_uploads(town);
    update data.upload as d
    set (started_at, name, note, sealed) = (
        lv.now(), new_name, nullif(trim(new_note), ''),
        original is null and (coalesce(is_sealed, false) or r.seals)
    )
    where
        (d.town_id, d.record_id, d.sha256, d.account_id) = (town, r.record_id, new_sha256, (who).account_id)
        and (d.size, d.type) = (new_size, new_type) and d.redacts_id is not distinct from original
    returning d.* into u;
    if u.upload_id is null then
        perform lv.demand_room(r.record_id, r.code);
        waiting := (
            select count(*) from data.upload as d where (d.town_id, d.account_id) = (town, (who).account_id)
        );
        perform lv.demand(
            waiting < most, 'conflict', 'too_many_uploads', 'count', waiting::text, 'hours',
            lv.setting('attachment_upload_hours', lv.today())::text
        );
        insert into data.upload (
            town_id, upload_id, subject, record_id, name, type, size, sha256, note, sealed, redacts_id, account_id,
            device_id, started_at
        )
        values (
            town, id, of_subject, r.record_id, new_name, new_type, new_size, new_sha256, nullif(trim(new_note), ''),
            original is null and (coalesce(is_sealed, false) or r.seals), original, (who).account_id, (who).device_id,
            lv.now()
        )
        returning * into u;
    end if;
    attachment_id := u.upload_id;
    received := array(
        select c.number from data.upload_chunk as c
        where (c.town_id, c.upload_id) = (town, u.upload_id)
        order by c.number
    );
end
$$;

-- The caller's upload of this id, or a refusal.
create function lv.upload_of(who data.caller, id uuid) returns data.upload language plpgsql stable as $$
declare
    u data.upload;
begin
    select * into u
    from data.upload as d
    where (d.town_id, d.upload_id, d.account_id) = ((who).town_id, id, (who).account_id);
    perform lv.demand(
        coalesce(lv.upload_is_live(u), false), 'not_found', 'upload_unknown', 'upload', coalesce(id::text, '')
    );
    return u;
end
$$;

-- One chunk. Whoever sends more than was announced, or another kind of file, is stopped at the first such chunk.
create function lv.take_chunk(who data.caller, id uuid, of_number int, chunk bytea) returns int
language plpgsql volatile as $$
declare
    u data.upload := lv.upload_of(who, id);
begin
    perform lv.demand(
        coalesce(octet_length(chunk) = lv.chunk_bytes(u.size, of_number), false), 'invalid', 'chunk_size_wrong', 'name',
        u.name, 'number', of_number::text, 'size', octet_length(chunk)::text
    );
    perform lv.demand(
        of_number > 0 or coalesce(lv.file_type(chunk) = u.type, false), 'invalid', 'file_type_wrong', 'name', u.name,
        'type', u.type
    );
    insert into data.upload_chunk (town_id, upload_id, number, bytes)
    values (u.town_id, id, of_number, chunk)
    on conflict (town_id, upload_id, number) do nothing;
    if not found then
        perform lv.demand(
            (
                select c.bytes = chunk from data.upload_chunk as c
                where (c.town_id, c.upload_id, c.number) = (u.town_id, id, of_number)
            ),
            'conflict', 'chunk_differs', 'name', u.name, 'number', of_number::text
        );
    end if;
    return of_number;
end
$$;

-- Is all of it here, and is it what was announced? Or a refusal.
create function lv.demand_whole(u data.upload) returns void language plpgsql stable as $$
declare
    chunks bigint := (u.size + lv.chunk_size() - 1) / lv.chunk_size();
    here bigint := (
        select count(*) from data.upload_chunk as c where (c.town_id, c.upload_id) = (u.town_id, u.upload_id)
    );
begin
    perform lv.demand(
        here = chunks, 'conflict', 'upload_incomplete', 'name', u.name, 'received', here::text, 'chunks', chunks::text
    );
    perform lv.demand(
        (
            select sha256(string_agg(c.bytes, ''::bytea order by c.number)) = u.sha256
            from data.upload_chunk as c
            where (c.town_id, c.upload_id) = (u.town_id, u.upload_id)
        ),
        'invalid', 'digest_wrong', 'name', u.name
    );
end
$$;

create function lv.finish_attachment(
    who data.caller, op data.op, id uuid, out code text, out attachment_id uuid, out sealed boolean
) language plpgsql volatile as $$
declare
    town int := (who).town_id;
    u data.upload;
    r record;
begin
    -- Finished already, by an operation whose answer was lost.
    select a.code, a.attachment_id, a.sealed into code, attachment_id, sealed
    from data.attachment as a
    where (a.town_id, a.attachment_id, a.account_id) = (town, id, (who).account_id);
    if code is not null then
        return;
    end if;
    u := lv.upload_of(who, id);
    perform lv.hold_attachments(u.record_id);
    r := lv.demand_reach(who, u.subject, u.record_id, null, true);
    perform lv.demand_step(who, 'attachment', 'add', 'new', r.code);
    perform lv.demand_whole(u);
    -- Somebody else has just added the same file.
    select a.code, a.attachment_id, a.sealed into code, attachment_id, sealed
    from data.attachment as a
    where (a.town_id, a.record_id, a.sha256) = (town, u.record_id, u.sha256) and a.void_reason is null;
    if code is null then
        perform lv.demand_room(u.record_id, r.code);
        code := lv.next_code('attachment');
        attachment_id := id;
        sealed := u.sealed;
        insert into data.attachment (
            town_id, attachment_id, code, subject, record_id, name, type, size, sha256, note, sealed, redacts_id,
            account_id, device_id, op_id, added_at
        )
        values (
            town, id, code, u.subject, u.record_id, u.name, u.type, u.size, u.sha256, u.note, u.sealed, u.redacts_id,
            (who).account_id, (who).device_id, (op).op_id, lv.now()
        );
        insert into data.attachment_chunk (town_id, attachment_id, number, bytes)
        select c.town_id, c.upload_id, c.number, c.bytes
        from data.upload_chunk as c
        where (c.town_id, c.upload_id) = (town, id);
        perform lv.add_step(
            who, op, 'attachment', id, 'add', 'new', 'kept', u.note,
            jsonb_build_object('subject', u.subject, 'record', r.code, 'redacts', (
                select a.code from data.attachment as a where (a.town_id, a.attachment_id) = (town, u.redacts_id)
            ))
        );
        -- Once there is a redacted copy, its original is for those who may open it.
        update data.attachment as a
        set sealed = true
        where (a.town_id, a.attachment_id) = (town, u.redacts_id) and not a.sealed;
    end if;
    delete from data.upload_chunk as c where (c.town_id, c.upload_id) = (town, id);
    delete from data.upload as d where (d.town_id, d.upload_id) = (town, id);
end
$$;

-- Reading.

-- May the caller open this sealed original? The office, the chair, and who may know who said it.
create function lv.may_open(who data.caller, a data.attachment) returns boolean language plpgsql stable as $$
begin
    return (who).role in ('office', 'chair')
        or a.subject = 'feedback' and (who).role in ('deputy', 'clerk', 'unit') and (
            select lv.identity_bar(who, f.*) is null
            from data.feedback as f
            where (f.town_id, f.feedback_id) = (a.town_id, a.record_id)
        );
end
$$;

-- Does it stand in the caller's lists? A sealed original only for those who may open it, the auditor, and who added it;
-- a voided one only for the office, the chair and the auditor. The record is theirs to see.
create function lv.attachment_shown(who data.caller, a data.attachment) returns boolean language plpgsql stable as $$
begin
    return (a.void_reason is null or (who).role in ('office', 'chair', 'auditor'))
        and (
            not a.sealed or (who).role in ('office', 'chair', 'auditor') or a.account_id = (who).account_id
            or lv.may_open(who, a)
        );
end
$$;

-- The attachment of this id or code, which stands in the caller's lists, or a refusal.
create function lv.attachment_found(who data.caller, id uuid, of_code text) returns data.attachment
language plpgsql stable as $$
declare
    a data.attachment;
begin
    select * into a
    from data.attachment as d
    where d.town_id = lv.town_id() and (d.attachment_id = id or id is null and d.code = of_code);
    perform lv.demand(
        a.attachment_id is not null, 'not_found', 'attachment_unknown', 'code', coalesce(of_code, id::text, '')
    );
    perform lv.demand(
        coalesce((select r.seen from lv.record_reach(who, a.subject, a.record_id, null) as r), false)
        and lv.attachment_shown(who, a),
        'forbidden', 'not_yours', 'subject', 'attachment', 'code', a.code, 'role', (who).role
    );
    return a;
end
$$;

-- What the caller's list holds: of one record, the one of a code, or all.
create function lv.attachments_listed(who data.caller, of_subject text, record_code text, of_code text)
returns setof data.attachment language plpgsql stable as $$
declare
    of_record uuid;
begin
    if of_code is not null then
        return next lv.attachment_found(who, null, of_code);
    elsif of_subject is not null or record_code is not null then
        of_record := (lv.demand_reach(who, of_subject, null, record_code, false)).record_id;
        return query
        select a.* from data.attachment as a
        where (a.town_id, a.record_id) = (lv.town_id(), of_record) and lv.attachment_shown(who, a);
    else
        return query
        select a.* from data.attachment as a
        where
            a.town_id = lv.town_id()
            and (select r.seen from lv.record_reach(who, a.subject, a.record_id, null) as r)
            and lv.attachment_shown(who, a);
    end if;
end
$$;

-- A look at a sealed original, kept before any of it is shown.
create function lv.open_attachment(who data.caller, id uuid, new_reason text) returns uuid
language plpgsql volatile as $$
declare
    a data.attachment := lv.attachment_found(who, id, null);
    look uuid := gen_random_uuid();
begin
    perform lv.demand(a.sealed, 'conflict', 'not_sealed', 'code', a.code);
    perform lv.demand(lv.may_open(who, a), 'forbidden', 'sealed_not_yours', 'code', a.code);
    perform lv.demand(length(trim(new_reason)) >= 2, 'invalid', 'open_reason_needed', 'code', a.code);
    insert into data.attachment_look (town_id, look_id, attachment_id, account_id, device_id, reason, looked_at)
    values (a.town_id, look, id, (who).account_id, (who).device_id, trim(new_reason), lv.now());
    return look;
end
$$;

create function lv.read_attachment(who data.caller, id uuid, of_number int, look uuid) returns bytea
language plpgsql stable as $$
declare
    a data.attachment := lv.attachment_found(who, id, null);
    chunk bytea;
begin
    perform lv.demand(
        not a.sealed or exists (
            select from data.attachment_look as l
            where
                (l.town_id, l.look_id, l.attachment_id, l.account_id) = (a.town_id, look, id, (who).account_id)
                and l.looked_at > lv.now() - lv.setting('attachment_look_minutes', lv.today()) * interval '1 minute'
        ),
        'forbidden', 'sealed_not_opened', 'code', a.code
    );
    select c.bytes into chunk
    from data.attachment_chunk as c
    where (c.town_id, c.attachment_id, c.number) = (a.town_id, id, of_number);
    perform lv.demand(chunk is not null, 'not_found', 'chunk_unknown', 'code', a.code, 'number', of_number::text);
    return chunk;
end
$$;

-- What was added by mistake: who added it, the office and the chair. It stays, out of the others' sight.
create function lv.void_attachment(who data.caller, op data.op, id uuid, new_reason text) returns text
language plpgsql volatile as $$
declare
    a data.attachment;
begin
    select * into a
    from data.attachment as d
    where (d.town_id, d.attachment_id) = ((who).town_id, id)
    for no key update;
    perform lv.demand(
        a.attachment_id is not null, 'not_found', 'attachment_unknown', 'code', coalesce(id::text, '')
    );
    perform lv.demand_step(
        who, 'attachment', 'void', case when a.void_reason is null then 'kept' else 'void' end, a.code
    );
    perform lv.demand(
        (who).role in ('office', 'chair') or lv.is_same_actor(who, a.account_id), 'forbidden',
        'attachment_not_added', 'code', a.code
    );
    new_reason := nullif(trim(new_reason), '');
    perform lv.demand_value(new_reason is not null, 'reason');
    update data.attachment as d
    set (void_reason, voided_by, voided_at) = (new_reason, (who).account_id, lv.now())
    where (d.town_id, d.attachment_id) = (a.town_id, id);
    perform lv.add_step(who, op, 'attachment', id, 'void', 'kept', 'void', new_reason);
    return a.code;
end
$$;
