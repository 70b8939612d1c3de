INSERT INTO partition_intervention (consumer_group, topic, partition, action, source_id, from_offset, to_offset,
                                    actor, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
