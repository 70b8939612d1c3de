-- A new epoch fences whoever held the partition before. The watermark itself
-- only ever rises, except that an operator may put it elsewhere.
INSERT INTO watermark AS w (consumer_group, topic, partition, source_id, next_offset, epoch, owner)
VALUES ($1, $2, $3, $4, $5, 1, $6)
    ON CONFLICT (consumer_group, topic, partition) DO UPDATE
   SET epoch = w.epoch + 1, owner = excluded.owner
RETURNING w.epoch
