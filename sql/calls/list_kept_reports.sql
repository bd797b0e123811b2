-- The work reports that were kept, by year and number; the text of one that is asked for by its code.
-- by: office chair auditor
-- effect: none
with report as (
    select k.*, k.year || '-' || k.number as code, k.year || '-' || lpad(k.number::text, 9, '0') as key
    from kept_report as k
    where k.town_id = (:caller).town_id
),
page as (
    select r.*
    from report as r
    where
        (:code is null or r.code = :code)
        and (:after is null or r.key collate "C" > :after collate "C")
    order by r.key collate "C"
    limit page(:limit) + 1
)
select
    p.code, p.year, a.login as author, p.recorded_at as recorded_us, p.digest,
    p.digest = report_digest(p.text, p.figures) as intact,
    case when :code is not null then p.text end as text,
    case when :code is not null then p.figures::text end as figures,
    case when lead(p.key) over (order by p.key collate "C") is not null then p.key end as next
from page as p
join account as a on (a.town_id, a.account_id) = (p.town_id, p.author_id)
order by p.key collate "C"
limit page(:limit)
