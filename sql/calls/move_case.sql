-- Takes one step of a case: checks, tells, answers, reviews, decides, helps, clears it; and its line in the history.
-- by: deputy leader office chair
-- effect: ledger
-- changes: case of case_id
select m.state, m.step_due_on, m.result
from lv.move_case(
    :caller, :op, :case_id, :action,
    row(
        :note, :notice, :day_on, :answer, :outcome, :confirmed, :meeting_id, :in_favour, :against, :abstained,
        :mentor_id, :ends_on
    )::case_move
) as m
