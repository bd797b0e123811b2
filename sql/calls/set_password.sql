-- Sets an account's password; its sessions end and a lock on its login is lifted.
-- by: admin
-- effect: ledger
-- hash: password
select lv.set_password(:caller, :town_id, :login, :password) as account_id
