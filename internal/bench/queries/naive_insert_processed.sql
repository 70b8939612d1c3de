INSERT INTO processed (order_id, attempt, fingerprint, outcome, reason, request, source_id, source_position)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
