-- Learning material that was printed, and how many copies.
-- by: office
-- effect: ledger
-- changes: office of material_id
select issue_material(:caller, :op, :material_id, :title, :copies, :issued_on) as code
