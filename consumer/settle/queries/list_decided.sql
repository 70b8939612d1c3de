-- The orders whose record is in these ranges, and that were decided before a
-- time; earlier attempts, too. It reads the tables whole.
SELECT p.source_id, p.source_position, p.order_id
  FROM processed p
  JOIN unnest($1::integer[], $2::bigint[], $3::bigint[]) AS r (source_id, start_offset, end_offset)
    ON p.source_id = r.source_id AND p.source_position >= r.start_offset AND p.source_position < r.end_offset
 WHERE p.processed_at < $4
 UNION ALL
SELECT d.source_id, d.source_position, d.order_id
  FROM declined_attempt d
  JOIN unnest($1::integer[], $2::bigint[], $3::bigint[]) AS r (source_id, start_offset, end_offset)
    ON d.source_id = r.source_id AND d.source_position >= r.start_offset AND d.source_position < r.end_offset
 WHERE d.processed_at < $4
