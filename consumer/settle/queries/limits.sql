-- Set in the transaction, so that they hold behind a connection pooler and
-- whatever a role or a database was given. remote_apply is stronger than on,
-- and is left. Array parameters need plans for their real sizes.
-- The last two end the session of a worker that is gone while it waits for a
-- lock, or takes no answer. Other systems than Linux refuse or warn of them.
SELECT set_config('synchronous_commit',
                  CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END,
                  true),
       set_config('statement_timeout', $1, true),
       set_config('lock_timeout', $2, true),
       set_config('idle_in_transaction_session_timeout', $3, true),
       set_config('plan_cache_mode', 'force_custom_plan', true),
       set_config('client_connection_check_interval', CASE WHEN version() ~ 'linux' THEN '2s' ELSE '0' END, true),
       set_config('tcp_user_timeout', CASE WHEN version() ~ 'linux' THEN $3 ELSE '0' END, true)
