SELECT w.next_offset, w.epoch, w.leader_epoch, s.topic_id
  FROM watermark w
  JOIN source s ON s.id = w.source_id
 WHERE w.consumer_group = $1 AND w.topic = $2 AND w.partition = $3
   FOR NO KEY UPDATE OF w
