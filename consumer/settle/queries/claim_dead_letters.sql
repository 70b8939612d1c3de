-- Those that are still open, and are the letters that were read: a database that
-- was put back gives their ids out once more. Sorted before it locks, as in
-- lock_dead_letters.
SELECT d.id
  FROM unnest($1::bigint[], $2::timestamptz[]) AS c (id, created_at)
  JOIN dead_letter d ON d.id = c.id AND d.created_at = c.created_at
 WHERE d.resolution IS NULL
 ORDER BY d.id
   FOR UPDATE OF d
