-- Keeps a deputy's draft; of one that is not submitted it changes what is given. A changed wording asks all co-signers
-- again, each by a notice.
-- by: deputy
-- effect: ledger
-- changes: suggestion notice of suggestion_id
select d.code, d.wording
from draft_suggestion(
    :caller, :op, :suggestion_id, :kind, :title, :text, :grounds, :proposal, :origin_meeting_code,
    :origin_feedback_code
) as d
