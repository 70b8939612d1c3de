-- Behind the fence: whoever counted before has committed. A batch that is run
-- again, because it is not known whether it was committed, counts once.
SELECT p.replay_id, p.partition, p.next_offset
  FROM replay_partition p
  JOIN unnest($1::bigint[], $2::integer[]) AS k (replay_id, partition) USING (replay_id, partition)
 WHERE p.finished_at IS NULL
