INSERT INTO replay (consumer_group, topic, target, rate, plan, actor, reason)
VALUES ($1, $2, $3, nullif($4::integer, 0), $5, $6, $7)
RETURNING id
