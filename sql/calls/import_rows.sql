-- Stages rows of one CSV file; nothing of it is in the records before the commit.
-- by: office
-- effect: ledger
select lv.import_rows(
    :import_id, :file,
    case
        when :first_line is null then :lines
        else array(
            select generate_series(:first_line, :first_line + cardinality(:cells) / greatest(cardinality(:columns), 1) - 1)
        )
    end,
    :columns, :cells
) as rows
