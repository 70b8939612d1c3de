SELECT w.consumer_group, w.topic FROM watermark w
 UNION
SELECT h.consumer_group, h.topic FROM partition_halt h WHERE h.cleared_at IS NULL
 ORDER BY 2, 1
