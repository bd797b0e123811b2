-- Shows a text as it was before names were made unreadable, for a reason that is kept with who looked and when.
-- by: chair
-- effect: log
select reveal_original(:caller, :feedback_id, :reason) as text
