-- As they were written: transaction by transaction, each in the order of its
-- INSERT (a table that nothing was deleted from is filled from front to back).
COPY (SELECT * FROM processed ORDER BY xmin::text::bigint, ctid) TO STDOUT (FORMAT binary)
