-- How many rows were ever inserted, by Postgres' own statistics: those of
-- transactions that were rolled back, too. Asking costs nothing.
SELECT pg_stat_get_tuples_inserted('processed'::regclass),
       pg_stat_get_tuples_inserted('transfer'::regclass),
       pg_stat_get_tuples_inserted('dead_letter'::regclass)
