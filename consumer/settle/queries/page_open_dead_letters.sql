-- The newest open ones, by the index of each reason. Parameters that are NULL
-- match all. Rows are compared and ordered as the index has them: with an equal
-- sign Postgres would look for a rare reason in all letters, in the order of ids.
SELECT d.id, s.topic, s.partition, d.record_offset, d.reason, d.detail, coalesce(d.order_id, ''),
       coalesce(d.account, ''), d.created_at, coalesce(d.resolution, 'open'), d.resolved_at,
       coalesce(octet_length(d.record_value), 0)
  FROM unnest($1::text[]) AS r (reason)
 CROSS JOIN LATERAL (SELECT l.*
                       FROM dead_letter l
                      WHERE l.reason >= r.reason AND (l.reason, l.id) < (r.reason, $2) AND l.resolution IS NULL
                        AND ($3::integer[] IS NULL OR l.source_id = ANY ($3))
                        AND ($4::timestamptz IS NULL OR l.created_at >= $4)
                        AND ($5::timestamptz IS NULL OR l.created_at < $5)
                      ORDER BY l.reason DESC, l.id DESC
                      LIMIT $6) d
  JOIN source s ON s.id = d.source_id
 ORDER BY d.id DESC
 LIMIT $6
