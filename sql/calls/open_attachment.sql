-- Opens a sealed original for a while, for a reason that is kept with who looked and when.
-- by: deputy clerk office chair unit
-- effect: log
select open_attachment(:caller, :attachment_id, :reason) as look_id
