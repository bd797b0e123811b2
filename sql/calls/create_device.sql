-- Creates a device with a code to enrol it, good once and for 24 hours.
-- by: admin
-- effect: ledger
select
    :device_id::uuid as device_id,
    lv.create_device(:caller, :town_id, :device_id, :name, :code_hash) as expires_us
