-- A new epoch fences the partition's worker: a batch that was read before can't
-- be committed any more, whatever its offsets.
UPDATE watermark SET epoch = epoch + 1, next_offset = $4, leader_epoch = -1, updated_at = now()
 WHERE consumer_group = $1 AND topic = $2 AND partition = $3
