-- Set in the transaction, so that they hold behind a connection pooler. A filter
-- that is not given is to cost nothing: each plan is made for its parameters.
SELECT set_config('statement_timeout', $1, true),
       set_config('lock_timeout', '1s', true),
       set_config('plan_cache_mode', 'force_custom_plan', true),
       set_config('idle_in_transaction_session_timeout', '10s', true)
