SELECT h.reason, h.detail
  FROM partition_halt h
 WHERE h.consumer_group = $1 AND h.topic = $2 AND h.partition = $3 AND h.cleared_at IS NULL
