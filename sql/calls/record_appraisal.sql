-- The first count of the ballots on one subject of a meeting; of a tally whose counts differ, the first of a new round.
-- by: clerk leader office
-- effect: ledger
-- changes: office of appraisal_id
select r.code, r.round, r.few_voters
from record_appraisal(
    :caller, :op, :appraisal_id, :meeting_id, :category, :subject, :person_id, :unit_id,
    row(:issued, :returned, :invalid, :excellent, :competent, :basic, :incompetent)::ballots
) as r
