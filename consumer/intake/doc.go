// Package intake reads the partitions of one Kafka topic in order and without a hole, or says why it
// cannot. What it delivers are the records that were committed, each once per assignment; what it
// cannot vouch for it does not deliver.
//
// A Cluster holds the connections: those of kafka-go's Transport (pooling, TLS, SASL), over which
// messages of franz-go's kmsg are exchanged. It answers questions about the topic: Topic, LogRanges,
// Committed, Members. A Fetcher reads partitions that are assigned to it and hands Chunks of records to
// each one's Receiver.
//
// # What is checked
//
//   - Every batch's checksum, and that its records decode to the offsets its header says.
//   - That batches follow one another without a gap, from the position asked for on. Aborted and
//     control records have offsets too, so in a topic with cleanup.policy=delete there is none.
//   - That the topic is the one the position is of, by its id (KIP-516), where the broker has ids.
//   - That the log was not cut back and rewritten below the position, by leader epochs (KIP-320, KIP-595).
//   - That the position is in the log. A Fetcher never moves a position by itself except by reading.
//
// Records of aborted transactions and control records are dropped (isolation level read_committed).
//
// # What fails and what is tried again
//
// What another try cannot mend ends the partition's assignment with a Halt: *OutOfRangeError,
// *GapError, *CorruptError, *BatchTooLargeError, *TopicRecreatedError or *TruncatedError. Its neighbours
// are read on. Everything else (no connection, no leader, a leader that moved, a broker's own trouble,
// a topic that is gone for now) is tried again without end, with metadata refreshed; it is logged
// when it begins and when it is over, and shown by Fetcher.Healthy and Fetcher.Stats.
//
// # Positions
//
// The next position is a Chunk's End: past control records, aborted records and whatever else the last
// batch covered, so that a consumer that read all is at the log's end by Kafka's own reckoning.
package intake
