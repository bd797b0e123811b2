-- A household that deputies help from a day on: one, however many help it.
-- by: deputy clerk leader office
-- effect: ledger
-- changes: office of household_id
select r.code, r.state
from register_household(
    :caller, :op, :household_id, :village_code, :head, :members, :helper_ids, :starts_on, :distinct_note
) as r
