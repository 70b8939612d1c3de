-- No row for a slice: another worker owns the partition (epoch), or this
-- database knows less than was read (it was put back to an earlier state), or
-- knows the partition as another row of source (put back, it gave out the same
-- epoch once more).
UPDATE watermark w
   SET next_offset = greatest(w.next_offset, s.end_offset),
       leader_epoch = CASE WHEN s.end_offset >= w.next_offset THEN s.leader_epoch ELSE w.leader_epoch END,
       updated_at = now()
  FROM unnest($1::text[], $2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::integer[],
              $8::integer[])
       AS s (consumer_group, topic, partition, epoch, start_offset, end_offset, leader_epoch, source_id)
 WHERE w.consumer_group = s.consumer_group AND w.topic = s.topic AND w.partition = s.partition
   AND w.epoch = s.epoch AND w.next_offset >= s.start_offset
   AND w.source_id = s.source_id
RETURNING w.consumer_group, w.topic, w.partition
