package intake_test

import (
	"strings"
	"testing"
	"time"

	"deductor/consumer/intake"
)

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	good := intake.Config{Brokers: []string{"127.0.0.1:9092"}, Topic: topic}
	for name, spoil := range map[string]func(*intake.Config){
		"kafka broker":         func(c *intake.Config) { c.Brokers = nil },
		"host:port":            func(c *intake.Config) { c.Brokers = []string{"kafka"} },
		"topic":                func(c *intake.Config) { c.Topic = "" },
		"MaxBytes":             func(c *intake.Config) { c.MaxBytes = 10 },
		"PartitionBufferBytes": func(c *intake.Config) { c.PartitionBufferBytes = -1 },
		"BufferBytes":          func(c *intake.Config) { c.PartitionBufferBytes = 1 << 30 },
		"MaxAnswerBytes":       func(c *intake.Config) { c.MaxAnswerBytes = 1 << 31 },
		"MaxWait":              func(c *intake.Config) { c.MaxWait = 25 * time.Hour },
		"RefreshBackoff":       func(c *intake.Config) { c.RefreshBackoff = -time.Second },
	} {
		cfg := good
		spoil(&cfg)
		if _, err := intake.NewCluster(cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	newCluster(t, good)
}
