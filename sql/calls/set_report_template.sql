-- Words a paragraph of the work report anew, from a day on; the earlier wordings stay.
-- by: office
-- effect: ledger
-- changes: office
select set_report_paragraph(:caller, :op, :name, :text, :holds_from_on, :position) as holds_from_on
