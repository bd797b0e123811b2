-- Takes one step of a follow-up: forwards, returns, plans, answers, looks again, settles it.
-- by: leader office chair unit
-- effect: ledger
-- changes: office notice of follow_up_id
select m.state, m.step_due_on, m.answer_due_on
from move_follow_up(
    :caller, :op, :follow_up_id, :action, row(:note, :unit_id, :items.text, :items.due_on, :day_on)::follow_up_move
) as m
