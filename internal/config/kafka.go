package config

import (
	"crypto/tls"
	"net"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/spf13/pflag"

	"deductor/consumer/intake"
)

// Kafka says which topic to use, where, and how to get there.
type Kafka struct {
	// Brokers are the addresses, host:port, to begin with.
	Brokers Brokers
	// Topic is the one with the payment commands.
	Topic string
	// Encryption and Authentication are of the connections to all brokers.
	Encryption     Encryption
	Authentication Authentication
}

// Bind defines the flags.
func (k *Kafka) Bind(flags *pflag.FlagSet) {
	k.BindBrokers(flags)
	flags.StringVar(&k.Topic, "kafka-topic", "", "`TOPIC` of the payment commands")
	required(flags, brokersFlag, "kafka-topic")
}

const brokersFlag = "kafka-brokers"

// BindBrokers defines the flags for a command that has topics of its own, and
// may do without brokers.
func (k *Kafka) BindBrokers(flags *pflag.FlagSet) {
	flags.Var(&k.Brokers, brokersFlag, "Kafka brokers to begin with, separated by commas")
	optional(flags, brokersFlag)
	k.Encryption.bind(flags)
	k.Authentication.bind(flags)
}

// Security is how connections to Kafka are encrypted and authenticated: nil
// for not at all. The error is an [*InvalidError] or a [*MissingError].
func (k *Kafka) Security() (*tls.Config, sasl.Mechanism, error) {
	encryption, err := k.Encryption.config()
	if err != nil {
		return nil, nil, err
	}
	mechanism, err := k.Authentication.mechanism()
	return encryption, mechanism, err
}

// Cluster returns a client of the topic that says in its errors, and not in a
// log, what goes wrong. Errors are those of [Kafka.Security], or an
// [*InvalidError] for an address.
func (k *Kafka) Cluster() (*intake.Cluster, error) {
	encryption, mechanism, err := k.Security()
	if err != nil {
		return nil, err
	}
	cluster, err := intake.NewCluster(intake.Config{
		Brokers: k.Brokers, Topic: k.Topic, TLS: encryption, SASL: mechanism, Logger: silent,
	})
	if err != nil {
		return nil, &InvalidError{Flag: brokersFlag, Err: err}
	}
	return cluster, nil
}

// Validate is the error of [Kafka.Cluster], when there are brokers; the topic may
// be given later.
func (k *Kafka) Validate() error {
	if len(k.Brokers) == 0 {
		_, _, err := k.Security()
		return err
	}
	named := *k
	if named.Topic == "" {
		named.Topic = "any"
	}
	cluster, err := named.Cluster()
	if err == nil {
		cluster.Close()
	}
	return err
}

// kafkaTimeout bounds opening a connection of the writer's, and each read and
// write for which it sets no deadline of its own.
const kafkaTimeout = 5 * time.Second

// Transport returns connections for kafka-go's writer.
func (k *Kafka) Transport() (*kafka.Transport, error) {
	encryption, mechanism, err := k.Security()
	if err != nil {
		return nil, err
	}
	return &kafka.Transport{
		Dial:           intake.Bounded(new(net.Dialer).DialContext, kafkaTimeout),
		DialTimeout:    kafkaTimeout,
		ClientID:       "deductor",
		TLS:            encryption,
		SASL:           mechanism,
		MetadataTopics: []string{k.Topic},
	}, nil
}

// Brokers are addresses, host:port.
type Brokers []string

// Set implements [pflag.Value]: addresses are separated by commas, with or
// without spaces.
func (b *Brokers) Set(value string) error {
	*b = nil
	for address := range strings.SplitSeq(value, ",") {
		if address = strings.TrimSpace(address); address != "" {
			*b = append(*b, address)
		}
	}
	return nil
}

// String implements [pflag.Value].
func (b *Brokers) String() string { return strings.Join(*b, ",") }

// Type implements [pflag.Value].
func (b *Brokers) Type() string { return "HOST:PORT,…" }

// List says that a configuration file may have it as a list.
func (b *Brokers) List() {}

// Group is a consumer group.
type Group struct {
	// Name is the group's id in Kafka.
	Name string
}

// Bind defines the flag.
func (g *Group) Bind(flags *pflag.FlagSet) {
	flags.StringVar(&g.Name, "kafka-group", "", "consumer `GROUP` of the workers; one topic a group")
	required(flags, "kafka-group")
}
