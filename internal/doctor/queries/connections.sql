-- How many sessions there are, and how many there may be; -1 is no limit.
SELECT (SELECT coalesce(sum(d.numbackends), 0) FROM pg_stat_database d),
       current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint
           - coalesce(current_setting('reserved_connections', true)::bigint, 0),
       (SELECT d.datconnlimit FROM pg_database d WHERE d.datname = current_database()),
       (SELECT r.rolconnlimit FROM pg_roles r WHERE r.rolname = current_user)
