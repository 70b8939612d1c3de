package intake

import "fmt"

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
