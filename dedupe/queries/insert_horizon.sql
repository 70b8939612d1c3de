-- No row when a higher one is in force.
INSERT INTO processed_horizon (horizon, actor, reason)
SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT FROM processed_horizon h WHERE h.horizon > $1)
