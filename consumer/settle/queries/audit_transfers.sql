-- Transfers without their order: money that moved without a record, or twice.
-- Of those from before the horizon the order may have been pruned.
SELECT format('transfer %s', t.id),
       format('order %s %s', t.reference,
              CASE WHEN p.order_id IS NULL THEN 'has no record'
                   WHEN p.outcome <> 1 THEN 'is recorded as declined'
                   ELSE format('is recorded with transfer %s', p.ref_id) END)
  FROM transfer t
  LEFT JOIN processed p ON p.order_id = t.reference
 WHERE (p.ref_id IS DISTINCT FROM t.id OR p.ref_owner IS DISTINCT FROM t.debit_account)
   AND (p.order_id IS NOT NULL
        OR t.posted_at >= coalesce((SELECT max(h.horizon) FROM processed_horizon h), '-infinity'))
 ORDER BY t.id
 LIMIT $1
