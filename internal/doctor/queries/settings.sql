-- As this role has them in this database; times in milliseconds.
SELECT s.name, s.setting FROM pg_settings s WHERE s.name = ANY ($1::text[])
