-- A partition can be halted before it ever had a watermark.
SELECT coalesce(w.partition, h.partition), w.next_offset, w.epoch, s.topic_id, w.owner, w.updated_at,
       h.reason, h.detail, h.since, i.to_offset
  FROM (SELECT * FROM watermark WHERE consumer_group = $1 AND topic = $2) w
  JOIN source s ON s.id = w.source_id
  FULL JOIN (SELECT * FROM partition_halt
              WHERE consumer_group = $1 AND topic = $2 AND cleared_at IS NULL) h USING (partition)
  LEFT JOIN partition_intervention i
    ON i.consumer_group = $1 AND i.topic = $2 AND i.partition = coalesce(w.partition, h.partition)
   AND i.done_at IS NULL
 ORDER BY 1
