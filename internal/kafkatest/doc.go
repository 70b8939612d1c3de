// Package kafkatest gives tests a Kafka of their own, inside the process, and
// looks at it from the outside: what was sent, what a group committed.
//
// The broker knows transactions: a client from [Kafka.Client] with
// kgo.TransactionalID writes real control records, and a read-committed fetch
// lists what was aborted.
package kafkatest
