package embedded

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// KafkaConfig says how to run an in-process Kafka.
type KafkaConfig struct {
	// Topic is made at the start. Defaults to none.
	Topic string

	// Partitions of the topic. Defaults to 4.
	Partitions int32

	// Brokers is how many brokers the cluster has. Defaults to 1.
	Brokers int

	// MinSessionTimeout is the shortest session timeout that a group member
	// may ask for; Kafka's own default of 6 s makes a killed worker's
	// partitions wait as long. Defaults to 100 ms.
	MinSessionTimeout time.Duration
}

// Kafka is a running in-process cluster; it keeps its records in memory.
type Kafka struct {
	cluster *kfake.Cluster
}

// StartKafka starts the brokers. The error says which address or topic was
// refused.
func StartKafka(cfg KafkaConfig) (*Kafka, error) {
	if cfg.Partitions == 0 {
		cfg.Partitions = 4
	}
	if cfg.Brokers == 0 {
		cfg.Brokers = 1
	}
	if cfg.MinSessionTimeout == 0 {
		cfg.MinSessionTimeout = 100 * time.Millisecond
	}
	options := []kfake.Opt{
		kfake.NumBrokers(cfg.Brokers),
		kfake.GroupMinSessionTimeout(cfg.MinSessionTimeout),
	}
	if cfg.Topic != "" {
		options = append(options, kfake.SeedTopics(cfg.Partitions, cfg.Topic))
	}
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		return nil, fmt.Errorf("embedded Kafka: %w", err)
	}
	return &Kafka{cluster: cluster}, nil
}

// Brokers returns the addresses, host:port, of all brokers.
func (k *Kafka) Brokers() []string { return k.cluster.ListenAddrs() }

// Cluster is the cluster itself, to look into it or to make it misbehave.
func (k *Kafka) Cluster() *kfake.Cluster { return k.cluster }

// Close stops the brokers; their records are gone. It may be called again.
func (k *Kafka) Close() { k.cluster.Close() }
