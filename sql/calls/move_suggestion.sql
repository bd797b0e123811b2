-- Takes one step of a suggestion or a bill: signs, submits, classifies, assigns, answers, rates, supervises, publishes
-- it; and the line of it in its history.
-- by: deputy office chair unit
-- effect: ledger
-- changes: suggestion of suggestion_id
select m.state, m.due_on, m.step_due_on
from move_suggestion(
    :caller, :op, :suggestion_id, :action,
    row(
        :wording, :note, :classified_as, :unit_id, :co_unit_ids, :broad, :reply_class, :signed_by, :promised_on,
        :rating, :attitude, :meeting_code, :in_favour, :against, :abstained, :person_code, :text, :day_on
    )::suggestion_move
) as m
