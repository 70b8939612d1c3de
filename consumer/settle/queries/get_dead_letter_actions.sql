SELECT a.id, a.action, coalesce(a.outcome, ''), coalesce(a.detail, ''), a.actor, a.reason, a.created_at
  FROM dead_letter_action a
 WHERE a.dead_letter_id = $1
 ORDER BY a.id
