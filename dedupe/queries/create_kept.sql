CREATE TEMPORARY TABLE kept_order (order_id text COLLATE "C" NOT NULL)
