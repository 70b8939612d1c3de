SELECT i.action, i.from_offset, i.to_offset, i.actor, i.reason, i.created_at, i.done_at
  FROM partition_intervention i
 WHERE i.consumer_group = $1 AND i.topic = $2 AND i.partition = $3
 ORDER BY i.id DESC
 LIMIT $4
