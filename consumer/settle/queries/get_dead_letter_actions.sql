SELECT a.id, a.dead_letter_id, a.action, coalesce(a.outcome, ''), coalesce(a.detail, ''), a.actor, a.reason,
       a.created_at
  FROM dead_letter_action a
 WHERE a.dead_letter_id = ANY ($1::bigint[])
 ORDER BY a.dead_letter_id, a.id
