-- Those that are still open. Sorted before it locks: commands that share letters
-- queue up, none waits in a circle.
SELECT d.id
  FROM dead_letter d
 WHERE d.id = ANY ($1::bigint[]) AND d.resolution IS NULL
 ORDER BY d.id
   FOR UPDATE
