ANALYZE pg_temp.kept_order
