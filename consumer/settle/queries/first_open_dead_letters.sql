-- The first open dead letter of each account, but for those of $2. Read once the
-- accounts are locked, so that what was requeued before is not seen as open.
SELECT a.account, d.id
  FROM unnest($1::text[]) AS a (account)
 CROSS JOIN LATERAL (SELECT l.id
                       FROM dead_letter l
                      WHERE l.account = a.account AND l.resolution IS NULL AND l.id <> ALL ($2::bigint[])
                      ORDER BY l.id
                      LIMIT 1) d
