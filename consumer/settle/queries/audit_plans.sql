-- An audit reads its tables whole. Postgres takes a sum by account to have 200
-- rows, whatever there is, and would join a million of them in nested loops.
SELECT set_config('enable_nestloop', 'off', true)
