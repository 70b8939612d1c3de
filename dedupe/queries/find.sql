SELECT p.order_id, p.attempt, p.fingerprint, p.outcome, p.ref_owner, p.ref_id,
       p.reason, p.request, p.source_id, p.source_position, p.processed_at
  FROM processed p
 WHERE p.order_id = ANY ($1::text[])
