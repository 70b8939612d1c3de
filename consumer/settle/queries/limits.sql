-- Set in the transaction, so that they hold behind a connection pooler and
-- whatever a role or a database was given. remote_apply is stronger than on,
-- and is left. Array parameters need plans for their real sizes.
SELECT set_config('synchronous_commit',
                  CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END,
                  true),
       set_config('statement_timeout', $1, true),
       set_config('lock_timeout', $2, true),
       set_config('idle_in_transaction_session_timeout', $3, true),
       set_config('plan_cache_mode', 'force_custom_plan', true)
