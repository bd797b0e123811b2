-- A rate from a day on; the earlier rows of it stay.
-- by: chair
-- effect: ledger
-- changes: office
select set_rate(:caller, :op, :kind, :level, :holds_from_on, :amount_yuan, :note) as before_yuan
