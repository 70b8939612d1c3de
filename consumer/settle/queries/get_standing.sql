SELECT w.next_offset, w.epoch, s.topic_id, coalesce(h.reason || ': ' || h.detail, ''),
       (SELECT coalesce(max(i.id), 0)
          FROM partition_intervention i
         WHERE i.consumer_group = $1 AND i.topic = $2 AND i.partition = $3),
       EXISTS (SELECT
                 FROM partition_intervention i
                WHERE i.consumer_group = $1 AND i.topic = $2 AND i.partition = $3 AND i.done_at IS NULL),
       (SELECT coalesce(max(p.replay_id), 0)
          FROM replay_partition p
         WHERE p.consumer_group = $1 AND p.topic = $2 AND p.partition = $3),
       (SELECT coalesce(max(p.replay_id), 0)
          FROM replay_partition p
         WHERE p.consumer_group = $1 AND p.topic = $2 AND p.partition = $3 AND p.finished_at IS NULL)
  FROM watermark w
  JOIN source s ON s.id = w.source_id
  LEFT JOIN partition_halt h ON h.consumer_group = w.consumer_group AND h.topic = w.topic
        AND h.partition = w.partition AND h.cleared_at IS NULL
 WHERE w.consumer_group = $1 AND w.topic = $2 AND w.partition = $3
