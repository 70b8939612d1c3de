UPDATE partition_intervention SET done_at = now() WHERE id = $1 AND done_at IS NULL
