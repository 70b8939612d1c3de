package intake

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
)

// UnknownTopicError says that the brokers have no such topic, or hide it from this user.
type UnknownTopicError struct {
	Topic   string
	Brokers []string
}

// Error implements error.
func (e *UnknownTopicError) Error() string {
	return fmt.Sprintf("topic %q does not exist on the kafka brokers %s: check the name, or create it with "+
		"kafka-topics.sh --bootstrap-server %s --create --topic %s --partitions N",
		e.Topic, strings.Join(e.Brokers, ","), e.Brokers[0], e.Topic)
}

// UnknownPartitionError says that the topic has no such partition.
type UnknownPartitionError struct {
	Topic      string
	Partition  int32
	Partitions int // how many the topic has
}

// Error implements error.
func (e *UnknownPartitionError) Error() string {
	return fmt.Sprintf("topic %s has no partition %d: it has %d", e.Topic, e.Partition, e.Partitions)
}

// UnreachableError says that a broker could not be asked: no connection, no answer in time, or one that
// cannot be understood. Asking again may help.
type UnreachableError struct {
	Broker  string
	Request string // the protocol's name of it
	Err     error
}

// Error implements error.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("%s gives no answer to %s: %v", e.Broker, e.Request, e.Err)
}

// Unwrap returns the connection's error.
func (e *UnreachableError) Unwrap() error { return e.Err }

// UnsupportedVersionError says that a broker is too old or too new for a request this package needs.
type UnsupportedVersionError struct {
	Request    string // the protocol's name of it
	Broker     int32  // -1: one of the configured brokers
	BrokerMin  int16
	BrokerMax  int16
	Min, Max   int16 // what this package speaks
	NotOffered bool  // the broker does not know the request at all
}

// Error implements error.
func (e *UnsupportedVersionError) Error() string {
	who := "a configured kafka broker"
	if e.Broker >= 0 {
		who = fmt.Sprintf("kafka broker %d", e.Broker)
	}
	offer := fmt.Sprintf("speaks versions %d to %d of", e.BrokerMin, e.BrokerMax)
	if e.NotOffered {
		offer = "does not know"
	}
	return fmt.Sprintf("%s %s %s; versions %d to %d are needed (Apache Kafka 2.7 or newer)",
		who, offer, e.Request, e.Min, e.Max)
}

// GroupActiveError says that a consumer group has members, so its offsets are theirs to commit.
type GroupActiveError struct {
	Group string
	Err   error
}

// Error implements error.
func (e *GroupActiveError) Error() string {
	return fmt.Sprintf("consumer group %s has members: stop them before its offsets are set: %v", e.Group, e.Err)
}

// Unwrap returns the broker's answer.
func (e *GroupActiveError) Unwrap() error { return e.Err }

// permanent reports whether asking again cannot help.
func permanent(err error) bool {
	var (
		topic     *UnknownTopicError
		partition *UnknownPartitionError
		version   *UnsupportedVersionError
		active    *GroupActiveError
		answer    *kerr.Error
		cert      *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &topic), errors.As(err, &partition), errors.As(err, &version), errors.As(err, &active):
		return true
	case errors.As(err, &answer):
		return !answer.Retriable
	default:
		return errors.As(err, &cert) ||
			errors.Is(err, kafka.SASLAuthenticationFailed) || errors.Is(err, kafka.UnsupportedSASLMechanism)
	}
}
