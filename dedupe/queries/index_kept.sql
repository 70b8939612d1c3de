CREATE INDEX kept_order_order_id_idx ON pg_temp.kept_order (order_id)
