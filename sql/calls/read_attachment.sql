-- One chunk of an attachment; of a sealed original only after a look at it was logged.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
select read_attachment(:caller, :attachment_id, :number, :look_id) as bytes
