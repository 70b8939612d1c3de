SELECT i.id, i.to_offset
  FROM partition_intervention i
  JOIN source s ON s.id = i.source_id
 WHERE i.consumer_group = $1 AND i.topic = $2 AND i.partition = $3
   AND s.topic_id = $4 AND i.done_at IS NULL
