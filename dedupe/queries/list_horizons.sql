SELECT h.horizon, h.recorded_at, h.actor, h.reason FROM processed_horizon h ORDER BY h.id DESC
