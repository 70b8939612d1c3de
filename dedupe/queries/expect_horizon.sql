SELECT expect_horizon(max(h.horizon), $1) FROM processed_horizon h
