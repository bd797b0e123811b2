-- Computes a register's hashes again from its lines and names the first page that is not as it was posted or printed.
-- by: clerk leader office chair auditor
-- effect: none
select v.pages, v.lines, v.intact, v.first_bad_page, v.rule
from verify_register(:caller, :book, :group_code, :year) as v
