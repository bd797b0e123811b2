-- The notices addressed to the caller, newest first, and when they were read; or those they sent, and when first read.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
select
    n.notice_id, n.title, n.text, n.sent_at as sent_us, a.login as sender, notice_to(n) as "to", n.subject,
    notice_record_code(n) as record_code, r.received_at as received_us,
    case when lead(k.place) over (order by k.place collate "C" desc) is not null then k.place end as next
from notices_listed(:caller, coalesce(:sent, false)) as n
join account as a on a.town_id = n.town_id and a.account_id = n.sender_id
left join lateral (
    select min(d.received_at) as received_at
    from notice_receipt as d
    where
        d.town_id = n.town_id and d.notice_id = n.notice_id
        and (coalesce(:sent, false) or d.account_id = (:caller).account_id)
) as r on true
cross join lateral (
    select to_char(n.sent_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US ') || n.notice_id as place
) as k
where
    n.town_id = (:caller).town_id
    and (not coalesce(:unread_only, false) or r.received_at is null)
    and (:after is null or k.place collate "C" < :after)
order by k.place collate "C" desc
limit page(:limit)
