package config

import (
	"net"
	"time"
)

// aliveTimeout is about after how long a peer that is gone without a word is
// given up, also where no request has a time limit, as in the commands.
const aliveTimeout = 30 * time.Second

// dialer opens connections to Postgres. An idle one is probed; where the system
// can, sent bytes that nobody acknowledges end a busy one as soon (without it,
// Linux tries for about 15 minutes).
func dialer(timeout time.Duration) *net.Dialer {
	return &net.Dialer{
		Timeout: timeout,
		KeepAliveConfig: net.KeepAliveConfig{
			Enable: true, Idle: aliveTimeout / 2, Interval: aliveTimeout / 6, Count: 3,
		},
		Control: limitUnacknowledged,
	}
}
