SELECT max(h.horizon) FROM processed_horizon h
