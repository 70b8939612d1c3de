-- An operator moved the partition elsewhere: what the replay was to read is no
-- longer what comes next.
UPDATE replay_partition SET finished_at = now()
 WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND finished_at IS NULL
