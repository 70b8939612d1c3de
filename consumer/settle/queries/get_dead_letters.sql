SELECT d.id, s.topic, s.partition, d.record_offset, d.reason, d.detail, coalesce(d.order_id, ''),
       coalesce(d.account, ''), d.created_at, coalesce(d.resolution, 'open'), d.resolved_at,
       coalesce(octet_length(d.record_value), 0), d.source_id, d.difference, d.record_timestamp, d.record_key,
       d.record_value, d.header_keys, d.header_values
  FROM dead_letter d
  JOIN source s ON s.id = d.source_id
 WHERE d.id = ANY ($1::bigint[])
 ORDER BY d.id
