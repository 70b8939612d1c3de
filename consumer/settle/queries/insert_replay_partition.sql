INSERT INTO replay_partition (replay_id, consumer_group, topic, partition, source_id, from_offset, until_offset,
                              next_offset, committed_offset)
SELECT $4, w.consumer_group, w.topic, w.partition, w.source_id, $5, w.next_offset, $5, $6
  FROM watermark w
 WHERE w.consumer_group = $1 AND w.topic = $2 AND w.partition = $3
