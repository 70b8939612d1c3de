SELECT p.replay_id, p.partition, p.from_offset, p.until_offset, p.next_offset, p.committed_offset, p.records,
       p.already_answered, p.already_set_aside, p.applied, p.declined, p.conflicts, p.other_letters, p.updated_at,
       p.finished_at, coalesce(h.reason || ': ' || h.detail, ''), clock_timestamp()
  FROM replay_partition p
  LEFT JOIN partition_halt h ON h.consumer_group = p.consumer_group AND h.topic = p.topic AND h.partition = p.partition
        AND h.cleared_at IS NULL AND p.finished_at IS NULL
 WHERE p.replay_id = ANY ($1::bigint[])
 ORDER BY p.replay_id, p.partition
