SELECT d.id, s.topic, s.partition, d.record_offset, d.reason, d.detail, coalesce(d.order_id, ''), d.created_at,
       d.difference, d.record_timestamp, d.record_key, d.record_value, d.header_keys, d.header_values
  FROM dead_letter d
  JOIN source s ON s.id = d.source_id
 WHERE d.id = $1
