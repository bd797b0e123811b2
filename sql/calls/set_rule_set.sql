-- Words one of the slogans' lists anew, from a day on; the earlier wordings stay.
-- by: chair
-- effect: ledger
-- changes: office
select set_rule_set(:caller, :op, :code, :label, :holds_from_on, :items) as holds_from_on
