-- A town for load: `people` deputies on the rolls of `meetings` open meetings of the whole town, `items` villagers'
-- items with receipts, `units` units, and `devices` devices with tokens of one office account; one more token is of no
-- device. Ids are numbered, so that a load generator and pgbench know them.
-- The rows are consistent by construction; checking millions of references would take longer than the measurement.
set session_replication_role = replica;

create function pg_temp.id(kind int, number bigint) returns uuid language sql immutable as $$
    select (
        '00000000-' || lpad(to_hex(kind), 4, '0') || '-7000-8000-' || lpad(to_hex(number), 12, '0')
    )::uuid
$$;

insert into data.town (town_id, name, term, term_starts_on) values (:town, '测速镇', '第一届', '2022-01-01');

insert into data.village values (:town, pg_temp.id(9, 1), 'V1', '村', 'village');

insert into data.deputy_group values (:town, pg_temp.id(8, 1), 'G1', '组', pg_temp.id(9, 1), null);

insert into data.person (town_id, person_id, code, name)
select :town, pg_temp.id(2, n), 'D' || lpad(n::text, 3, '0'), '代表' || n from generate_series(0, :people - 1) as n;

insert into data.mandate (town_id, mandate_id, code, person_id, level, group_id, starts_on)
select :town, pg_temp.id(7, n), 'Z' || n, pg_temp.id(2, n), 'town', pg_temp.id(8, 1), '2022-01-01'
from generate_series(0, :people - 1) as n;

insert into data.meeting (town_id, meeting_id, code, kind, title, held_on, state)
select :town, pg_temp.id(3, n), 'M' || n, 'training', '培训', date '2025-01-01' + (n % 365)::int, 'open'
from generate_series(0, :meetings - 1) as n;

insert into data.roll_line (town_id, meeting_id, person_id, notice, notified_on)
select :town, pg_temp.id(3, m), pg_temp.id(2, p), 'call', date '2024-12-01'
from generate_series(0, :meetings - 1) as m, generate_series(0, :people - 1) as p;

insert into data.feedback (
    town_id, feedback_id, code, group_id, deputy_id, received_on, topic, text, state, receipt
)
select
    :town, pg_temp.id(10, n), 'F' || n, pg_temp.id(8, 1), pg_temp.id(2, n % :people),
    date '2025-01-01' + (n % 365)::int, '道路', '村口的路不平，雨天积水，请修。', 'registered', lv.receipt_printed(lpad(n::text, 8, '0'))
from generate_series(0, :items - 1) as n;

insert into data.unit (town_id, unit_id, code, name)
select :town, pg_temp.id(11, n), 'U' || lpad(n::text, 3, '0'), '第' || n || '承办单位'
from generate_series(0, :units - 1) as n;

insert into data.account (town_id, account_id, login, role) values (:town, pg_temp.id(5, 1), 'bench', 'office');

insert into data.device (town_id, device_id, name, public_key, enrolled_at)
select :town, pg_temp.id(4, n), 'bench', decode(:'public_key', 'hex'), now()
from generate_series(0, :devices - 1) as n;

insert into data.session_token (town_id, token_hash, account_id, device_id, expires_at)
select
    :town, sha256(convert_to('bench-token-' || lpad(n::text, 20, '0'), 'UTF8')), pg_temp.id(5, 1), pg_temp.id(4, n),
    now() + interval '7 days'
from generate_series(0, :devices - 1) as n;

insert into data.session_token (town_id, token_hash, account_id, expires_at)
values (
    :town, sha256(convert_to('bench-token-' || repeat('f', 20), 'UTF8')), pg_temp.id(5, 1), now() + interval '7 days'
);

analyze;
