SELECT pg_relation_size('processed') / current_setting('block_size')::bigint
