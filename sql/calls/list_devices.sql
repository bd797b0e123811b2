-- Lists a town's devices in the order they were made, revoked ones too.
-- by: admin
-- effect: none
select d.device_id, d.name, d.created_at as created_us, d.enrolled_at as enrolled_us, d.revoked_at as revoked_us, d.next
from lv.list_devices(:caller, :town_id, :limit, :after) as d
