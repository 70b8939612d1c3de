SELECT s.id, s.topic, s.topic_id, s.partition FROM source s ORDER BY s.topic, s.partition, s.id
