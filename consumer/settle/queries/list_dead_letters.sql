-- Parameters that are empty or NULL match all.
SELECT d.id, s.topic, s.partition, d.record_offset, d.reason, d.detail, coalesce(d.order_id, ''),
       coalesce(d.account, ''), d.created_at, coalesce(d.resolution, 'open'), d.resolved_at,
       coalesce(octet_length(d.record_value), 0)
  FROM dead_letter d
  JOIN source s ON s.id = d.source_id
 WHERE d.id > $1 AND d.id <= $2 AND ($3::bigint[] IS NULL OR d.id = ANY ($3))
   AND ($4::text = '' OR d.reason = $4) AND ($5::text = '' OR d.order_id = $5) AND ($6::text = '' OR d.account = $6)
   AND ($7::text = '' OR s.topic = $7) AND ($8::integer IS NULL OR s.partition = $8)
   AND ($9::text <> 'open' OR d.resolution IS NULL) AND ($9 IN ('', 'open') OR d.resolution = $9)
 ORDER BY d.id
 LIMIT $10
