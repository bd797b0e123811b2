-- What any room may tell whoever brings the receipt: how far it is, and the answer once it stands. Of a merged item:
-- how far the one is that carries it.
-- by: deputy clerk leader office chair
-- effect: none
select
    f.code, f.received_on, f.topic, f.state, coalesce(l.extended_to, l.due_on) as due_on, u.name as unit_name,
    case when a.stands then l.reply_class end as reply_class,
    case when a.stands then l.reply end as reply,
    case when a.stands then l.replied_on end as replied_on
from feedback as f
join feedback as l
    on l.town_id = f.town_id
    and l.feedback_id = case when f.state = 'merged' and f.lead_id is not null then f.lead_id else f.feedback_id end
left join unit as u on u.town_id = l.town_id and u.unit_id = l.unit_id
cross join lateral (select l.reply_checked_on is not null or l.delivered_on is not null as stands) as a
where f.town_id = (:caller).town_id and f.feedback_id = (select feedback_by_receipt(:receipt))
