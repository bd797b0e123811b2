-- The change feed: every operation that changed records, once, numbered without gaps, in an order in which whatever
-- saw another's effect comes after it.
--
-- No writer numbers anything: they would wait for each other. An operation's ledger row takes a `place` from a
-- sequence, after the operation's effects and before its commit. Whoever pulls first numbers what has become visible,
-- by place, with the town's row of data.feed locked, in a statement that begins once the lock is had. Why that is
-- right:
--
-- Order. If B saw an effect of A, or waited for it, A had committed before B's effects were done, so A's place was
-- drawn before B's. And whenever B is visible A is, for A ended before B did: A is numbered before B, or with it and
-- so by place. (Two that saw nothing of each other may come either way.)
--
-- Each once. A row is numbered where it is not in data.change yet; only the holder of the lock adds to that, and its
-- statement sees all that earlier holders added.
--
-- None lost. A transaction below the `xmin` of a snapshot had ended when it was taken: its rows are visible to every
-- later statement, or never. The snapshot is taken before the numbering, so what is below its xmin has been numbered,
-- and the next pull looks only at rows from there on (`settled`). A transaction that stays open holds `settled` back,
-- and nothing else.
--
-- A restored dump is another cluster, whose transactions begin at low numbers again (lv.epoch_id differs): settled is
-- forgotten, everything is looked at once, and rows whose transaction is still to come here can only be old ones. They
-- are known by their place from then on (`old_place`), for the sequence goes on where the dump's stood.
--
-- Operations from before the feed have no topics and are not in it.

-- lvzhi.v1.Topic; an operation's topics are bits, 1 << number.
create view lv.topic with (security_invoker = true) as
select t.number, t.name
from (
    values
    (1, 'meeting'), (2, 'feedback'), (3, 'suggestion'), (4, 'notice'), (5, 'roster'), (6, 'case'), (7, 'office')
) as t (number, name);

create function lv.topic_names(bits int) returns text[] language sql immutable as $$
    select array_agg(t.name order by t.number) from lv.topic as t where bits & (1 << t.number) <> 0
$$;

create function lv.topic_bits(names text[]) returns int language sql immutable as $$
    select coalesce(bit_or(1 << t.number), 0) from lv.topic as t where t.name = any (names)
$$;

-- What has a place and no number yet; `feed` is null before the first.
create function lv.unnumbered(feed data.feed, epoch uuid) returns table (op_id uuid, place bigint)
language sql stable as $$
    select o.op_id, o.place
    from data.operation as o
    where
        o.town_id = lv.town_id() and o.topics is not null
        and o.xact >= case when (feed).epoch_id = epoch then (feed).settled else '0' end
        and o.place > case when (feed).epoch_id = epoch then (feed).old_place else 0 end
        -- one probe of the key, also in a plan made while the feed was empty
        and (select c.seq from data.change as c where (c.town_id, c.op_id) = (o.town_id, o.op_id) limit 1) is null
$$;

create function lv.settle_feed(town int) returns void language plpgsql volatile as $$
declare
    epoch uuid := lv.epoch_id();
    feed data.feed;
    oldest xid8;
    numbered bigint;
begin
    select * into feed from data.feed as f where f.town_id = town;
    if not exists (select from lv.unnumbered(feed, epoch)) then
        return;
    end if;
    insert into data.feed (town_id, last_seq, settled, epoch_id, old_place)
    values (town, 0, '0', epoch, 0)
    on conflict (town_id) do nothing;
    select * into feed from data.feed as f where f.town_id = town for no key update;
    if feed.epoch_id <> epoch then
        feed.old_place := (
            select coalesce(max(o.place), 0)
            from data.operation as o
            where
                o.town_id = town and o.topics is not null and o.xact >= pg_snapshot_xmax(pg_current_snapshot())
        );
    end if;
    oldest := pg_snapshot_xmin(pg_current_snapshot());
    insert into data.change (town_id, seq, op_id)
    select town, feed.last_seq + row_number() over (order by u.place), u.op_id
    from lv.unnumbered(feed, epoch) as u;
    get diagnostics numbered = row_count;
    update data.feed as f
    set last_seq = feed.last_seq + numbered, settled = oldest, epoch_id = epoch, old_place = feed.old_place
    where f.town_id = town;
end
$$;

-- Of the office's books what not everybody may see: money, deeds, households, awards. No row: none of these.
create function lv.office_seen(who data.caller, record uuid) returns table (code text, seen boolean)
language plpgsql stable rows 1 as $$
begin
    return query
    select f.code, exists (select from lv.funds_seen(who) as s where s.fund_id = f.fund_id)
    from data.fund as f
    where (f.town_id, f.fund_id) = ((who).town_id, record)
    union all
    select d.code, lv.deed_in_scope(who, d)
    from data.deed as d
    where (d.town_id, d.deed_id) = ((who).town_id, record)
    union all
    select h.code, lv.household_in_scope(who, h.village_id, lv.helper_ids(h.household_id))
    from data.household as h
    where (h.town_id, h.household_id) = ((who).town_id, record)
    union all
    select n.code, exists (select from lv.awards_seen(who) as s where s.award_id = n.award_id)
    from data.nomination as n
    where (n.town_id, n.award_id) = ((who).town_id, record);
end
$$;

-- Which of an operation's topics a caller may hear of, and the record's id and code where they may see it. A record's
-- change is for those who see the record; rosters, notices, and what names no record of the kind (an import) say
-- nothing that anybody could not know.
create function lv.change_seen(who data.caller, of_topics int, record uuid)
returns table (topics int, record_id uuid, code text) language sql stable as $$
    select
        of_topics
        & ~case when not m.seen then lv.topic_bits('{meeting}') else 0 end
        & ~case when not f.seen then lv.topic_bits('{feedback}') else 0 end
        & ~case when not s.seen then lv.topic_bits('{suggestion}') else 0 end
        -- that cases were computed is not for everybody either
        & ~case
            when not k.seen or k.code is null and (who).role not in ('office', 'chair', 'auditor')
                then lv.topic_bits('{case}')
            else 0
        end
        & ~case when not b.seen then lv.topic_bits('{office}') else 0 end,
        case
            when
                m.seen or f.seen or s.seen or k.seen
                or of_topics & lv.topic_bits('{meeting,feedback,suggestion,case}') = 0
                then record
        end,
        case
            when m.seen or f.seen or s.seen or k.seen or b.seen then coalesce(m.code, f.code, s.code, k.code, b.code)
        end
    from (select lv.topic_names(of_topics) as names) as o
    -- `limit` makes each a probe of its own. `seen` is null where the record is none of the kind.
    left join lateral (
        select
            m.code,
            (select true from lv.meetings_seen(who) as d where d.meeting_id = m.meeting_id limit 1) is true as seen
        from data.meeting as m
        where 'meeting' = any (o.names) and (m.town_id, m.meeting_id) = ((who).town_id, record)
        limit 1
    ) as m on true
    left join lateral (
        select
            f.code,
            (select true from lv.feedback_seen(who) as d where d.feedback_id = f.feedback_id limit 1) is true as seen
        from data.feedback as f
        where 'feedback' = any (o.names) and (f.town_id, f.feedback_id) = ((who).town_id, record)
        limit 1
    ) as f on true
    left join lateral (
        select
            s.code,
            (select true from lv.suggestions_seen(who) as d where d.suggestion_id = s.suggestion_id limit 1) is true
                as seen
        from data.suggestion as s
        where 'suggestion' = any (o.names) and (s.town_id, s.suggestion_id) = ((who).town_id, record)
        limit 1
    ) as s on true
    left join lateral (
        select
            k.code,
            (select true from lv.cases_seen(who) as d where d.case_id = k.case_id limit 1) is true as seen
        from data.three_no_case as k
        where 'case' = any (o.names) and (k.town_id, k.case_id) = ((who).town_id, record)
        limit 1
    ) as k on true
    left join lateral (
        select v.code, v.seen from lv.office_seen(who, record) as v where 'office' = any (o.names) limit 1
    ) as b on true
$$;

-- A page of the feed as the caller may see it, then a row with its end: also where all was left out.
create function lv.changes(who data.caller, since bigint, of_topics text[], asked int)
returns table (
    seq bigint, topics text[], record_id uuid, code text, method int, op_id uuid, recorded_us timestamptz,
    next bigint, last bigint, more boolean
) language plpgsql volatile as $$
declare
    town int := (who).town_id;
    after bigint := coalesce(since, 0);
    wanted int := nullif(lv.topic_bits(of_topics), 0);
    newest bigint;
begin
    perform lv.settle_feed(town);
    newest := coalesce((select f.last_seq from data.feed as f where f.town_id = town), 0);
    perform lv.demand(after <= newest, 'conflict', 'cursor_ahead', 'since', after::text, 'last', newest::text);
    return query
    with page as materialized (
        select c.seq, c.op_id
        from data.change as c
        where c.town_id = town and c.seq > after and c.seq <= newest
        order by c.seq
        limit lv.page(asked)
    )
    select
        p.seq, lv.topic_names(s.topics), s.record_id, s.code, o.method, p.op_id, o.recorded_at,
        null::bigint, null::bigint, null::boolean
    from page as p
    cross join lateral (
        select * from data.operation as o where (o.town_id, o.op_id) = (town, p.op_id) limit 1
    ) as o
    cross join lateral lv.change_seen(who, o.topics, o.record_id) as s
    where s.topics & coalesce(wanted, -1) <> 0
    union all
    select null, null, null, null, null, null, null, e.next, newest, e.next < newest
    from (select coalesce(max(p.seq), after) as next from page as p) as e
    order by 1 nulls last;
end
$$;
