-- The orders of a range of pages. A row that is written meanwhile, be it in
-- another page, is younger than any horizon. An order goes with its superseded
-- attempts or not at all.
WITH judged AS MATERIALIZED (
    SELECT p.order_id,
           CASE WHEN p.processed_at >= $3 THEN 'young'
                WHEN EXISTS (SELECT FROM pg_temp.kept_order k WHERE k.order_id = p.order_id) THEN 'found'
                WHEN g.source_id IS NULL THEN 'unjudged'
                WHEN (p.source_position < g.below) IS NOT TRUE THEN 'found'
                WHEN p.attempt > 1 AND EXISTS (
                         SELECT FROM declined_attempt d
                           LEFT JOIN pg_temp.gone_source e ON e.source_id = d.source_id
                          WHERE d.order_id = p.order_id
                            AND (d.processed_at < $3 AND d.source_position < e.below) IS NOT TRUE) THEN 'unjudged'
                ELSE 'prunable' END AS fate
      FROM processed p
      LEFT JOIN pg_temp.gone_source g ON g.source_id = p.source_id
     WHERE p.ctid >= $1::text::tid AND p.ctid < $2::text::tid
), deleted AS (
    DELETE FROM processed p
     USING judged j
     WHERE $4::boolean AND j.fate = 'prunable' AND p.order_id = j.order_id AND p.processed_at < $3
    RETURNING p.order_id
), attempts AS (
    DELETE FROM declined_attempt d
     USING deleted
     WHERE d.order_id = deleted.order_id
    RETURNING d.order_id
)
SELECT count(*),
       count(*) FILTER (WHERE j.fate = 'young'),
       count(*) FILTER (WHERE j.fate = 'found'),
       count(*) FILTER (WHERE j.fate = 'unjudged'),
       count(*) FILTER (WHERE j.fate = 'prunable'),
       (SELECT count(*) FROM deleted),
       (SELECT count(*) FROM attempts)
  FROM judged j
