-- Lists a town's accounts by login, revoked ones too.
-- by: admin
-- effect: none
select
    a.account_id, a.login, a.role, a.person_id, a.group_id, a.unit_id, a.created_at as created_us,
    a.revoked_at as revoked_us, a.next
from lv.list_accounts(:caller, :town_id, :limit, :after) as a
