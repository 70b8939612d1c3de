-- Each reason that open dead letters have, by its index alone.
SELECT d.reason, count(*), min(d.id)
  FROM dead_letter d
 WHERE d.resolution IS NULL
 GROUP BY d.reason
 ORDER BY d.reason
