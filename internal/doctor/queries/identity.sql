-- Who and where this session is. A pooler hands out another process id than the
-- server's own.
SELECT current_database(), current_user::text, current_setting('server_version'),
       current_setting('server_version_num')::integer, pg_is_in_recovery(), pg_backend_pid(),
       coalesce((SELECT s.ssl FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()), false),
       coalesce((SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user), false)
