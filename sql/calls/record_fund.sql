-- Books money that was spent. Beyond the budget line or a deputy's entitlement only the chair does, saying why; whoever
-- records it, another person confirms it.
-- by: office chair
-- effect: ledger
-- changes: office of fund_id
select r.code, r.state, r.amount_yuan, r.paid_twice, r.same_codes
from record_fund(
    :caller, :op, :fund_id, :spent_on, :kind, :person_id, :group_id, :amount_yuan, :allowance_days, :signed_on, :note,
    :over_note
) as r
