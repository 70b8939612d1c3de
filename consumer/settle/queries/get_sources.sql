SELECT s.id, s.topic, s.partition FROM source s WHERE s.id = ANY ($1::integer[])
