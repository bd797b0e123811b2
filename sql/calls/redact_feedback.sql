-- Makes names unreadable in what was said; the text as it was is kept apart, for the chair.
-- by: office
-- effect: ledger
-- changes: feedback of feedback_id
select redact_feedback(:caller, :op, :feedback_id, :hidden_words, :reason) as replaced
