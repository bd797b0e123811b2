-- Says of a training or a study visit which of the forms it was, for whom, how long, with whom and about what.
-- by: clerk leader office
-- effect: ledger
-- changes: meeting of meeting_id
select describe_training(:caller, :op, :meeting_id, :form, :tier, :hours, :host, :topics, :note) as form
