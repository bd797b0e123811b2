-- Claims a deed for a deputy; it counts once another person has verified it.
-- by: deputy clerk leader office
-- effect: ledger
-- changes: office of deed_id
select r.code, r.state, r.looks_alike, r.alike_codes
from record_deed(
    :caller, :op, :deed_id, :person_id, :done_on, :kind, :village_code, :text, :value_yuan, :witness
) as r
