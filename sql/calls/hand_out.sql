-- Hands out copies: the office to groups and deputies, a room to its own deputies what it has got.
-- by: clerk leader office
-- effect: ledger
-- changes: office of material_id
select hand_out(
    :caller, :op, :handout_id, :material_id, :person_id, :group_id, :copies, :handed_on, :note
) as "left"
