SELECT w.consumer_group, w.topic, w.partition, w.epoch, w.next_offset
  FROM watermark w
  JOIN unnest($1::text[], $2::text[], $3::integer[]) AS k (consumer_group, topic, partition)
 USING (consumer_group, topic, partition)
