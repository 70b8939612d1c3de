SELECT order_id, CASE outcome WHEN 1 THEN '' ELSE reason END FROM processed
