WITH superseded AS (
    UPDATE processed
       SET attempt = $3, fingerprint = $4, outcome = $5, ref_owner = $6, ref_id = $7, reason = $8, request = $9,
           source_id = $10, source_position = $11, processed_at = now()
     WHERE order_id = $1 AND attempt = $2 AND outcome = 2
    RETURNING order_id
)
SELECT expect_superseded(count(*), $1, $2) FROM superseded
