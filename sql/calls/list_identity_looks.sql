-- Who looked at an identity, when and why; of one item or of all, oldest first.
-- by: office chair auditor
-- effect: none
with look as (
    select l.look_id, l.feedback_id, l.account_id, l.reason, l.looked_at
    from identity_look as l
    where
        l.town_id = (:caller).town_id
        and (
            :feedback_code is null
            or l.feedback_id = (select feedback_found(:caller, null, :feedback_code))
        )
        and (
            :after is null
            or (l.looked_at, l.look_id) > (
                timestamptz 'epoch' + split_part(:after, ' ', 1)::bigint * interval '1 us',
                split_part(:after, ' ', 2)::uuid
            )
        )
    order by l.looked_at, l.look_id
    limit page(:limit) + 1
)
select
    f.code as feedback_code, a.login, a.role, l.reason, l.looked_at as looked_us,
    case
        when lead(l.look_id) over (order by l.looked_at, l.look_id) is not null
            then (extract(epoch from l.looked_at) * 1000000)::bigint || ' ' || l.look_id
    end as next
from look as l
join feedback as f on f.town_id = (:caller).town_id and f.feedback_id = l.feedback_id
join account as a on a.town_id = (:caller).town_id and a.account_id = l.account_id
order by l.looked_at, l.look_id
limit page(:limit)
