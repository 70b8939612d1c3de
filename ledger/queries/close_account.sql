UPDATE account SET closed_at = coalesce(closed_at, now()) WHERE name = $1
