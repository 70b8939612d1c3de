-- Sessions of one worker. A killed worker's ends when the server has finished
-- what it was sent.
SELECT count(*) FROM pg_stat_activity WHERE application_name = $1
