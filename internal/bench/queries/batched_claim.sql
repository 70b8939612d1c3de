INSERT INTO processed (order_id, attempt, fingerprint, outcome, source_id, source_position)
SELECT order_id, attempt, fingerprint, 1, source_id, source_position
  FROM unnest($1::text[], $2::integer[], $3::bytea[], $4::integer[], $5::bigint[])
       AS c (order_id, attempt, fingerprint, source_id, source_position)
    ON CONFLICT (order_id) DO NOTHING
RETURNING order_id
