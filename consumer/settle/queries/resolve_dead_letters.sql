UPDATE dead_letter SET resolution = $2, resolved_at = now()
 WHERE id = ANY ($1::bigint[]) AND resolution IS NULL
