-- Set in the transaction, so that they hold behind a connection pooler and
-- whatever a role or a database was given. remote_apply is stronger than on,
-- and is left.
-- client_connection_check_interval and tcp_user_timeout end the session of a worker that is gone while it waits for a
-- lock, or takes no answer. Other systems than Linux refuse or warn of them.
-- While the server waits for the rest of a round trip, the session is not idle
-- and no statement runs: transaction_timeout (Postgres 17) ends it then, or, when
-- the worker's machine is gone, a probe without an answer.
-- Every statement looks rows up by their keys. Postgres would rather read a whole
-- table of 100,000 accounts to update 5,000: five times the work. With that out of
-- the way, a plan is the same for one payment and for 5,000: it is made once, which
-- for few payments costs more than to execute it.
SELECT set_config('synchronous_commit',
                  CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END,
                  true),
       set_config('statement_timeout', $1, true),
       set_config('lock_timeout', $2, true),
       set_config('idle_in_transaction_session_timeout', $3, true),
       set_config('plan_cache_mode', 'force_generic_plan', true),
       set_config('enable_seqscan', 'off', true),
       set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true),
       set_config('client_connection_check_interval', CASE WHEN version() ~ 'linux' THEN '2s' ELSE '0' END, true),
       set_config('tcp_user_timeout', CASE WHEN version() ~ 'linux' THEN $3 ELSE '0' END, true),
       set_config('tcp_keepalives_idle', '10', true),
       set_config('tcp_keepalives_interval', '5', true),
       set_config('tcp_keepalives_count', '3', true),
       CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL
            THEN set_config('transaction_timeout', $4, true) END
