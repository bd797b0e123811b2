-- Opens an import: rows are staged in it, checked, and committed all together.
-- by: office
-- effect: ledger
select lv.import_start(:caller, :import_id) as import_id
