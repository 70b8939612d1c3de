-- Orders that were decided, and how many transactions wrote them. Rows that a
-- benchmark put there beforehand are not counted.
SELECT count(*)::float8, count(DISTINCT xmin::text)::float8
  FROM processed
 WHERE reason IS DISTINCT FROM 'prefilled'
