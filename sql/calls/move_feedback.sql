-- Takes one step of an item: screens, assigns, answers, delivers, rates, closes it; and the line of it in its history.
-- by: deputy clerk leader office chair unit
-- effect: ledger
-- changes: feedback of feedback_id
select m.state, m.due_on, m.step_due_on
from move_feedback(
    :caller, :op, :feedback_id, :action,
    row(
        :note, :unit_id, :co_unit_ids, :due_on, :lead_code, :suggestion_code, :reply_class, :promised_on, :rating,
        :day_on
    )::feedback_move
) as m
