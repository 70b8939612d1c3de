-- The newest first. Parameters that are empty or NULL match all.
SELECT d.id, s.topic, s.partition, d.record_offset, d.reason, d.detail, coalesce(d.order_id, ''),
       coalesce(d.account, ''), d.created_at, coalesce(d.resolution, 'open'), d.resolved_at,
       coalesce(octet_length(d.record_value), 0)
  FROM dead_letter d
  JOIN source s ON s.id = d.source_id
 WHERE d.id < $2 AND ($1::text = '' OR d.reason = $1)
   AND ($3::integer[] IS NULL OR d.source_id = ANY ($3))
   AND ($4::timestamptz IS NULL OR d.created_at >= $4) AND ($5::timestamptz IS NULL OR d.created_at < $5)
   AND ($7::text = '' OR d.resolution = $7)
 ORDER BY d.id DESC
 LIMIT $6
