-- As copy_processed.sql.
COPY (SELECT * FROM transfer ORDER BY xmin::text::bigint, ctid) TO STDOUT (FORMAT binary)
