package bench

// Latencies are those of several rates.
type Latencies struct{}

// Rebalance is what a worker's coming and going costs.
type Rebalance struct{}
