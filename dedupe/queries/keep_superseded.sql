INSERT INTO declined_attempt (order_id, attempt, fingerprint, reason, request, source_id, source_position, processed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8, now()))
