SELECT outcome FROM processed WHERE order_id = $1
