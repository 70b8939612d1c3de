SELECT r.id, r.consumer_group, r.topic, r.target, coalesce(r.rate, 0), r.plan, r.actor, r.reason, r.created_at
  FROM replay r
 WHERE ($1::bigint = 0 OR r.id = $1) AND ($2::bigint = 0 OR r.id < $2)
 ORDER BY r.id DESC
 LIMIT $3
