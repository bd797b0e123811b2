-- Revokes a device for a reason: sessions on it end, and it may not connect again.
-- by: admin
-- effect: ledger
select lv.revoke_device(:caller, :town_id, :device_id, :reason) as device_id
