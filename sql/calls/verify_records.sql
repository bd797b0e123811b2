-- Finds what in the records and in the ledger's end is the work of no operation.
-- by: office chair auditor backup admin
-- effect: none alone
select v.facet, v.key, v.code, v.finding, v.method, v.seal_no, v.position, v.total, v.rows, v.operations
from verify_records(:caller) as v
