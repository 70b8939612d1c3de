-- What this run of a command has done already: it is run again when it is not
-- known whether COMMIT was executed.
SELECT a.dead_letter_id, coalesce(a.outcome, ''), coalesce(a.detail, '')
  FROM dead_letter_action a
 WHERE a.dead_letter_id = ANY ($1::bigint[]) AND a.command_id = $2
