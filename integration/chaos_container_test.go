package integration

import (
	"context"
	"testing"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// freezeContainer stops all processes of a container where they are, and
// returns what lets them go on.
func freezeContainer(t *testing.T, c *testcontainers.DockerContainer) (thaw func()) {
	t.Helper()
	engine, err := testcontainers.NewDockerClientWithOpts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// A busy machine does not always freeze all of a container's processes in time.
	eventually(t, 20*time.Second, "the container is paused", func() error {
		_, err := engine.ContainerPause(t.Context(), c.GetContainerID(), client.ContainerPauseOptions{})
		return err
	})
	frozen := true
	thaw = func() {
		if !frozen {
			return
		}
		frozen = false
		// The test's context may have ended when its cleanups run.
		_, err := engine.ContainerUnpause(context.Background(), c.GetContainerID(), client.ContainerUnpauseOptions{})
		if err != nil {
			t.Errorf("let the container go on: %v", err)
		}
		_ = engine.Close()
	}
	t.Cleanup(thaw)
	return thaw
}
