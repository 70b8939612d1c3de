SELECT d.order_id, d.attempt, d.fingerprint, 2::smallint, NULL::bigint, NULL::bigint,
       d.reason, d.request, d.source_id, d.source_position, d.processed_at
  FROM declined_attempt d
 WHERE d.order_id = ANY ($1::text[])
