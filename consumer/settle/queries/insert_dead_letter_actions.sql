INSERT INTO dead_letter_action (command_id, action, actor, reason, dead_letter_id, outcome, detail)
SELECT $1, $2, $3, $4, a.dead_letter_id, nullif(a.outcome, ''), nullif(a.detail, '')
  FROM unnest($5::bigint[], $6::text[], $7::text[]) AS a (dead_letter_id, outcome, detail)
 ORDER BY a.dead_letter_id
