UPDATE partition_intervention SET done_at = now()
 WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND done_at IS NULL
