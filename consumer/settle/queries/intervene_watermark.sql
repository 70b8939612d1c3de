INSERT INTO watermark AS w (consumer_group, topic, partition, source_id, next_offset, epoch, owner)
VALUES ($1, $2, $3, $4, $5, 1, $6)
    ON CONFLICT (consumer_group, topic, partition) DO UPDATE
   SET epoch = w.epoch + 1, source_id = excluded.source_id, next_offset = excluded.next_offset,
       leader_epoch = -1, updated_at = now()
