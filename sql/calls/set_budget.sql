-- What the budget gives in a year for a kind of spending; the earlier rows of it stay.
-- by: chair
-- effect: ledger
-- changes: office
select b.before_yuan, b.spent_yuan, b.over_spent
from set_budget(:caller, :op, :year, :kind, :amount_yuan, :note) as b
