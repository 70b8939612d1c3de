package intake

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
)

// Halt is an error that ends one partition's assignment: reading on would lose records or pay for the
// wrong ones, and asking again will not help. Every error a Fetcher gives to Receiver.Fail is one.
type Halt interface {
	error

	// Code is a stable word for the cause, for people and scripts to match.
	Code() string
}

// OutOfRangeError says that the offset to read is not in the log: retention removed it before it was
// read, or the log ends before it (the topic lost records, or the position is another topic's).
type OutOfRangeError struct {
	Topic     string
	Partition int32
	Offset    int64
	LogStart  int64
	LogEnd    int64 // the high watermark
}

// Error implements error.
func (e *OutOfRangeError) Error() string {
	cause := "records that were read are no longer in the log"
	if e.Offset < e.LogStart {
		cause = fmt.Sprintf("retention removed %d records before they were read", e.LogStart-e.Offset)
	}
	return fmt.Sprintf("topic %s partition %d: offset %d is outside the log, which holds %d to %d: %s",
		e.Topic, e.Partition, e.Offset, e.LogStart, e.LogEnd, cause)
}

// Code implements Halt.
func (*OutOfRangeError) Code() string { return "offset_out_of_range" }

// GapError says that offsets are missing in the middle of the log. The log of a topic with
// cleanup.policy=delete has none, so records were removed before they were read.
type GapError struct {
	Topic     string
	Partition int32
	Expected  int64 // the first offset that should have come
	Got       int64 // the one that came in its place
	Reason    string
}

// Error implements error.
func (e *GapError) Error() string {
	return fmt.Sprintf("topic %s partition %d: offset %d was expected and %d came: %s",
		e.Topic, e.Partition, e.Expected, e.Got, e.Reason)
}

// Code implements Halt.
func (*GapError) Code() string { return "offset_gap" }

// CorruptError says that the batch at Offset cannot be trusted or read: its checksum is wrong, or
// its bytes are not what its header says. It was read several times before it was believed.
type CorruptError struct {
	Topic     string
	Partition int32
	Offset    int64
	Reason    string
	Err       error // the decoder's, or nil
}

// Error implements error.
func (e *CorruptError) Error() string {
	text := fmt.Sprintf("topic %s partition %d: the batch at offset %d is corrupt: %s",
		e.Topic, e.Partition, e.Offset, e.Reason)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the decoder's error.
func (e *CorruptError) Unwrap() error { return e.Err }

// Code implements Halt.
func (*CorruptError) Code() string { return "corrupt_batch" }

// BatchTooLargeError says that the batch of offsets Start to End-1 decompresses to more than Limit bytes.
type BatchTooLargeError struct {
	Topic      string
	Partition  int32
	Start, End int64
	Limit      int // Config.MaxBatchBytes
}

// Error implements error.
func (e *BatchTooLargeError) Error() string {
	return fmt.Sprintf("topic %s partition %d: the batch of offsets %d to %d decompresses to more than %d bytes",
		e.Topic, e.Partition, e.Start, e.End-1, e.Limit)
}

// Code implements Halt.
func (*BatchTooLargeError) Code() string { return "batch_too_large" }

// TopicRecreatedError says that the topic was deleted and created again under the same name: offsets
// of the old one mean nothing in the new one.
type TopicRecreatedError struct {
	Topic     string
	Partition int32
	Want, Got TopicID
}

// Error implements error.
func (e *TopicRecreatedError) Error() string {
	return fmt.Sprintf("topic %s partition %d: the topic was recreated: its id was %s and is %s",
		e.Topic, e.Partition, e.Want, e.Got)
}

// Code implements Halt.
func (*TopicRecreatedError) Code() string { return "topic_recreated" }

// TruncatedError says that the log was cut back below Offset after it had been read, and maybe
// written anew (an unclean leader election): what was read is not what the log holds (KIP-320).
type TruncatedError struct {
	Topic     string
	Partition int32
	Offset    int64 // the next offset to read
	Epoch     int32 // the leader epoch of the record before it, as it was read
	LogEpoch  int32 // the largest epoch not above it that the log has; -1: it has none as new
	LogEnd    int64 // where that epoch ends in the log, or the log's end
}

// Error implements error.
func (e *TruncatedError) Error() string {
	found := fmt.Sprintf("epoch %d ends at offset %d", e.LogEpoch, e.LogEnd)
	if e.LogEpoch < 0 {
		found = fmt.Sprintf("up to its end, offset %d, there is no epoch as new", e.LogEnd)
	}
	return fmt.Sprintf("topic %s partition %d: the log was truncated: the record before offset %d was read with "+
		"leader epoch %d, and in the log %s", e.Topic, e.Partition, e.Offset, e.Epoch, found)
}

// Code implements Halt.
func (*TruncatedError) Code() string { return "log_truncated" }

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
