-- Notes what a deputy studied by themselves; it counts once the leader has confirmed it.
-- by: deputy clerk leader office
-- effect: ledger
-- changes: office of self_study_id
select note_self_study(
    :caller, :op, :self_study_id, :person_id, :studied_on, :material_id, :title, :hours, :note
) as code
