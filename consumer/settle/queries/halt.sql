INSERT INTO partition_halt AS h (consumer_group, topic, partition, reason, detail)
VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (consumer_group, topic, partition) DO UPDATE
   SET reason = excluded.reason, detail = excluded.detail, cleared_at = NULL,
       since = CASE WHEN h.cleared_at IS NULL AND h.reason = excluded.reason THEN h.since ELSE now() END
