-- Cards as they are printed, many at once: of each the version that was signed - the last, or the one asked for - and
-- of one that never was, what the records say now. As many as fit into one answer, at least one.
-- by: deputy clerk leader office chair auditor
-- effect: none
with page as materialized (
    select m, row_number() over (order by m.code) as position
    from cards_seen(:caller, :year) as m
    where
        (:group_code is null or m.group_id = (
            select g.group_id from deputy_group as g where g.town_id = m.town_id and g.code = :group_code
        ))
        and (:code is null or m.mandate_id = (
            select (f.mandate).mandate_id from card_found(:caller, null, :code, :year) as f
        ))
        and (:after is null or m.code > :after)
    order by m.code
    limit least(page(:limit), 24) + 1
),
printed as (
    select
        (p.m).code, p.position, v.version, encode(v.digest, 'hex') as digest, account_name(v.signed_by) as signed_by,
        (v.recorded_at at time zone town.time_zone)::date as signed_on, s.stale, s.state,
        coalesce(v.text, t.text) as text
    from page as p
    join town on town.town_id = (p.m).town_id
    join card_texts(:year, array(select (p.m).mandate_id from page as p)) as t on t.mandate_id = (p.m).mandate_id
    cross join lateral card_standing(p.m, :year, t.text) as s
    left join card_version as v
        on (v.town_id, v.mandate_id, v.year, v.version)
        = ((p.m).town_id, s.mandate_id, :year, coalesce(:version, s.version))
    where :version is null or v.version is not null
),
measured as (
    select p.*, sum(octet_length(p.text)) over (order by p.position) as octets from printed as p
)
select
    d.code, d.version, d.digest, d.signed_by, d.signed_on, d.stale, d.state, d.text,
    case when lead(d.position) over (order by d.position) is not null then d.code end as next
from measured as d
order by d.position
limit greatest(
    (select count(*) from measured as d where d.octets < 200000 and d.position <= least(page(:limit), 24)), 1
)
