SELECT d.id, s.topic, s.partition, d.record_offset, d.reason, d.detail, coalesce(d.order_id, ''), d.created_at
  FROM dead_letter d
  JOIN source s ON s.id = d.source_id
 WHERE ($1::text = '' OR d.reason = $1) AND ($2::text = '' OR d.order_id = $2) AND d.id > $3
 ORDER BY d.id
 LIMIT $4
