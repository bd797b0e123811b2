-- Revokes an account for a reason; its sessions end, its entries stay.
-- by: admin
-- effect: ledger
select lv.revoke_account(:caller, :town_id, :login, :reason) as account_id
