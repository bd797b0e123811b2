-- Creates a town; asked again with the same values it is there already, and that is no error.
-- by: admin
-- effect: ledger
select :town_id::int as town_id, lv.create_town(:caller, :town_id, :name, :term, :term_starts_on) as created
