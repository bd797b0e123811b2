-- Takes down what a resident asks about their own information: by the item's code, or in any room by its receipt.
-- by: clerk leader office
-- effect: ledger
-- changes: office of request_id
select a.code, a.due_on
from ask_personal(:caller, :op, :request_id, :feedback_id, :receipt, :kind, :asker, :proof, :note) as a
