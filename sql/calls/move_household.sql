-- A household is visited, has other members or helpers, is helped no longer, or is void.
-- by: deputy clerk leader office
-- effect: ledger
-- changes: office of household_id
select m.state
from move_household(
    :caller, :op, :household_id, :action, :note, :day_on, :members, :helper_ids, :person_id, :visit_no
) as m
