SELECT DISTINCT d.order_id FROM dead_letter d WHERE d.order_id > $1 ORDER BY d.order_id LIMIT $2
