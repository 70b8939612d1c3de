-- A partition can be halted before it ever had a watermark.
SELECT coalesce(w.partition, h.partition), w.next_offset, w.epoch, w.topic_id, w.owner, w.updated_at,
       h.reason, h.detail, h.since, i.to_offset
  FROM (SELECT m.partition, m.next_offset, m.epoch, m.owner, m.updated_at, s.topic_id
          FROM watermark m
          JOIN source s ON s.id = m.source_id
         WHERE m.consumer_group = $1 AND m.topic = $2) w
  FULL JOIN (SELECT partition, reason, detail, since
               FROM partition_halt
              WHERE consumer_group = $1 AND topic = $2 AND cleared_at IS NULL) h ON h.partition = w.partition
  LEFT JOIN partition_intervention i
         ON i.consumer_group = $1 AND i.topic = $2 AND i.partition = coalesce(w.partition, h.partition)
        AND i.done_at IS NULL
 ORDER BY 1
