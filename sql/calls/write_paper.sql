-- Writes the group's plan or summary of a year, one each; of a draft it changes the text.
-- by: clerk leader
-- effect: ledger
-- changes: office of paper_id
select w.code, w.due_on from write_paper(:caller, :op, :paper_id, :kind, :year, :text) as w
