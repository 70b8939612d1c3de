-- How many there are of each reason among the newest.
SELECT c.reason, count(*)
  FROM (SELECT d.reason
          FROM dead_letter d
         WHERE ($1::text = '' OR d.reason = $1)
           AND ($2::integer[] IS NULL OR d.source_id = ANY ($2))
           AND ($3::timestamptz IS NULL OR d.created_at >= $3) AND ($4::timestamptz IS NULL OR d.created_at < $4)
           AND ($6::text = '' OR d.resolution = $6)
         ORDER BY d.id DESC
         LIMIT $5) c
 GROUP BY c.reason
