INSERT INTO source (topic_id, partition, topic) VALUES ($1, $2, $3)
    ON CONFLICT (topic, topic_id, partition) DO NOTHING
