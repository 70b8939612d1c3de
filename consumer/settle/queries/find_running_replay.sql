SELECT r.id, p.until_offset, coalesce(r.rate, 0)
  FROM replay_partition p
  JOIN replay r ON r.id = p.replay_id
 WHERE p.consumer_group = $1 AND p.topic = $2 AND p.partition = $3 AND p.finished_at IS NULL
