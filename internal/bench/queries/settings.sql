SELECT name, current_setting(name)
  FROM pg_settings
 WHERE name IN ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'wal_compression',
                'wal_sync_method', 'max_wal_size', 'checkpoint_timeout', 'shared_buffers', 'commit_delay',
                'synchronous_standby_names', 'autovacuum', 'jit')
 ORDER BY name
