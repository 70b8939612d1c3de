-- Where no attempt was superseded and none can be, one fingerprint answers every attempt.
SELECT p.order_id, p.fingerprint
  FROM processed p
 WHERE p.order_id = ANY ($1::text[]) AND p.outcome = 1 AND p.attempt = 1
