-- Cards as they are printed, many at once: of each the version that was signed - the last, or the one asked for - and
-- of one that never was, what the records say now. As many as fit into one answer, at least one.
-- by: deputy clerk leader office chair auditor
-- effect: none
with wanted as materialized (
    select m
    from cards_seen(:caller, :year) as m
    where
        (:group_code is null or m.group_id = (
            select g.group_id from deputy_group as g where g.town_id = m.town_id and g.code = :group_code
        ))
        and (:code is null or m.mandate_id = (
            select (f.mandate).mandate_id from card_found(:caller, null, :code, :year) as f
        ))
        and (:version is null or exists (
            select
            from card_version as v
            where (v.town_id, v.mandate_id, v.year, v.version) = (m.town_id, m.mandate_id, :year, :version)
        ))
),
page as materialized (
    select w.m, row_number() over (order by (w.m).code) as position
    from wanted as w
    where :after is null or (w.m).code > :after
    order by (w.m).code
    limit least(page(:limit), 24) + 1
),
printed as (
    select
        (p.m).code, p.position, v.version, encode(v.digest, 'hex') as digest, v.signed_name as signed_by,
        (v.recorded_at at time zone town.time_zone)::date as signed_on, s.stale, s.state,
        coalesce(v.text, t.text) as text, o.name as person_name, v.signed_role
    from page as p
    join town on town.town_id = (p.m).town_id
    join person as o on (o.town_id, o.person_id) = (town.town_id, (p.m).person_id)
    join card_texts(:year, array(select (p.m).mandate_id from page as p)) as t on t.mandate_id = (p.m).mandate_id
    cross join lateral card_standing(p.m, :year, t.text) as s
    left join card_version as v
        on (v.town_id, v.mandate_id, v.year, v.version)
        = ((p.m).town_id, s.mandate_id, :year, coalesce(:version, s.version))
),
measured as (
    select p.*, sum(octet_length(p.text)) over (order by p.position) as octets from printed as p
)
select
    d.code, d.person_name, d.version, d.digest, d.signed_by, d.signed_role, d.signed_on, d.stale, d.state, d.text,
    case when lead(d.position) over (order by d.position) is not null then d.code end as next,
    (select count(*) from wanted)::int as total
from measured as d
order by d.position
limit greatest(
    (select count(*) from measured as d where d.octets < 200000 and d.position <= least(page(:limit), 24)), 1
)
