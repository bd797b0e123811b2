-- Lists the installation's towns by code, town 0 left out.
-- by: admin
-- effect: none
select t.town_id, t.name, t.term, t.term_starts_on, t.next
from lv.list_towns(:caller, :limit, :after) as t
