-- Attachments of one record, of one code, or all that the caller sees, in order of their codes; and the looks at the
-- sealed ones among them, for who may know of them.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
-- fills: attachments
select
    a.attachment_id, a.code, a.subject, r.code as record_code, a.name, a.type, a.size, a.sha256, a.note, a.sealed,
    (
        select o.code from attachment as o
        where o.town_id = a.town_id and o.attachment_id = a.redacts_id
    ) as redacts_code,
    (
        select nullif(count(*), 0)::int from attachment as c
        where c.town_id = a.town_id and c.redacts_id = a.attachment_id and c.void_reason is null
    ) as copies,
    w.login as added_by, a.added_at as added_us, a.void_reason, v.login as voided_by, chunk_size() as chunk_size,
    case when a.sealed then may_open(:caller, a.*) end as may_open,
    case
        when lead(a.code) over (order by length(a.code), a.code) is not null then a.code
    end as next
from attachments_listed(:caller, :subject, :record_code, :code) as a
cross join lateral record_reach(:caller, a.subject, a.record_id, null) as r
join account as w on w.town_id = a.town_id and w.account_id = a.account_id
left join account as v on v.town_id = a.town_id and v.account_id = a.voided_by
where
    a.town_id = (:caller).town_id
    and (:after is null or (length(a.code), a.code) > (length(:after), :after))
order by length(a.code), a.code
limit page(:limit)

-- fills: looks
select a.code, w.login, w.role, l.reason, l.looked_at as looked_us
from attachments_listed(:caller, :subject, :record_code, :code) as a
join attachment_look as l on l.town_id = a.town_id and l.attachment_id = a.attachment_id
join account as w on w.town_id = l.town_id and w.account_id = l.account_id
where
    a.town_id = (:caller).town_id and :after is null and (:caller).role in ('office', 'chair', 'auditor')
order by l.looked_at desc, l.look_id
limit 500
