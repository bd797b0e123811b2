-- Stages rows of one CSV file; nothing of it is in the records before the commit.
-- by: office
-- effect: ledger
select lv.import_rows(
    :import_id, :file,
    case
        when :first_line is null then :lines
        else array(
            select :first_line + n - 1
            from generate_series(1, cardinality(:cells) / greatest(cardinality(:columns), 1)) as n
        )
    end,
    :columns, :cells
) as rows
