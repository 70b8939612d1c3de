package settle

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestPauseEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	begin := time.Now()
	if err := pause(ctx, stuck); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("it took %v, want no time: a whole pause takes more than two seconds", took)
	}
}
