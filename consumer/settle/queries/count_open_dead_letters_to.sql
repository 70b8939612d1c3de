-- How many are open of each reason, counted up to a bound. Ordered as the index
-- has them, as in page_open_dead_letters.
SELECT r.reason, (SELECT count(*)
                    FROM (SELECT 1
                            FROM dead_letter l
                           WHERE l.reason >= r.reason AND l.reason <= r.reason AND l.resolution IS NULL
                             AND ($2::integer[] IS NULL OR l.source_id = ANY ($2))
                             AND ($3::timestamptz IS NULL OR l.created_at >= $3)
                             AND ($4::timestamptz IS NULL OR l.created_at < $4)
                           ORDER BY l.reason, l.id
                           LIMIT $5) c)
  FROM unnest($1::text[]) AS r (reason)
