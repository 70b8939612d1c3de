-- For this transaction: no longer than that, and no help of parallel workers.
SELECT set_config('statement_timeout', $1::text, true), set_config('max_parallel_workers_per_gather', '0', true)
