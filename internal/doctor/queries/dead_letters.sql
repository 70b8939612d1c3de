SELECT d.reason, count(*) FROM dead_letter d WHERE d.resolution IS NULL GROUP BY 1 ORDER BY 2 DESC, 1
