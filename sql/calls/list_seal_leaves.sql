-- What was sealed, in the order it was sealed, and the ledger rows among it as they are now.
-- by: office chair auditor backup admin
-- effect: none
with page as (
    select l.town_id, l.seal_no, l.position, l.facet, l.key, l.hash, l.finding
    from seal_leaf as l
    where
        l.town_id = (:caller).town_id
        and (
            :after is null
            or (l.seal_no, l.position) > (split_part(:after, ' ', 1)::int, split_part(:after, ' ', 2)::int)
        )
    order by l.seal_no, l.position
    limit page(:limit) + 1
)
select
    p.seal_no, p.position, p.facet, p.key, p.hash, p.finding, o.method, o.digest, sha256(o.reply) as reply_digest,
    o.author_id, o.device_id, o.device_seq, o.authored_at as authored_us, o.recorded_at as recorded_us, o.topics,
    o.record_id, o.clock_off_ms, o.place, o.xact::text::bigint as xact,
    case when p.finding is not null then key_codes(coalesce(o.record_id::text, p.key)) end as code,
    case
        when lead(p.seal_no) over (order by p.seal_no, p.position) is not null then p.seal_no || ' ' || p.position
    end as next
from page as p
left join lateral (
    select d.*
    from operation as d
    where
        p.facet = 'operation' and d.town_id = p.town_id
        and d.op_id = case
            when p.key ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p.key::uuid
        end
    limit 1
) as o on true
order by p.seal_no, p.position
limit page(:limit)
