-- Who did what, when and from which device, in the order the centre recorded it: codes only, never contents.
-- by: office chair auditor admin
-- effect: none
with page as (
    select o.*, (o.recorded_at at time zone t.time_zone)::date as recorded_on
    from operation as o
    join town as t on t.town_id = o.town_id
    join account as a on a.town_id = o.town_id and a.account_id = o.author_id
    where
        o.town_id = (:caller).town_id
        and (:login is null or a.login = :login)
        and (o.recorded_at at time zone t.time_zone)::date
        between coalesce(:from_on, '-infinity') and coalesce(:to_on, 'infinity')
        and (:after is null or o.place > :after::bigint)
    order by o.place
    limit page(:limit) + 1
)
select
    p.op_id, p.recorded_at as recorded_us, p.authored_at as authored_us, p.clock_off_ms, a.login, a.role,
    d.name as device, p.method, key_codes(p.record_id::text) as code,
    s.subject, s.action,
    (
        select l.seal_no
        from seal_leaf as l
        where l.town_id = p.town_id and l.facet = 'operation' and l.key = p.op_id::text
        limit 1
    ) as seal_no,
    case when lead(p.place) over (order by p.place) is not null then p.place::text end as next
from page as p
join account as a on a.town_id = p.town_id and a.account_id = p.author_id
left join device as d on d.town_id = p.town_id and d.device_id = p.device_id
left join lateral (
    select t.subject, t.action
    from step as t
    where t.town_id = p.town_id and t.record_id = p.record_id and t.op_id = p.op_id
    order by t.step_no
    limit 1
) as s on true
order by p.place
limit page(:limit)
