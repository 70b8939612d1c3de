SELECT count(*), min(p.processed_at) FROM processed p
