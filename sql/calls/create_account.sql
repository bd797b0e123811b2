-- Creates an account; without a password it cannot log in until one is set.
-- by: admin
-- effect: ledger
-- hash: password
select lv.create_account(
    :caller, :town_id, :account_id, :login, :password, :role, :person_id, :group_id, :unit_id
) as account_id
