package consumer

import "deductor/consumer/intake"

// What a worker holds of a topic, whatever waits there. The bounds are in bytes of memory.
const (
	bufferBytes          = 40 << 20
	partitionBufferBytes = 16 << 20
	partitionAnswerBytes = 5 << 20
	// settlingBytes is what a record takes while it is settled beside itself: what it asks for, the
	// rows that are written, what is known of its order and its account. Measured: 120 bytes of the lane and
	// 780 of the transaction are in use when COMMIT is sent.
	settlingBytes = 900
)

// intake is how the topic is read.
func (c *Config) intake(delivered func()) intake.Config {
	return intake.Config{
		Brokers:              c.Brokers,
		Topic:                c.Topic,
		ClientID:             c.Owner,
		TLS:                  c.TLS,
		SASL:                 c.SASL,
		PartitionMaxBytes:    partitionAnswerBytes,
		BufferBytes:          bufferBytes,
		PartitionBufferBytes: partitionBufferBytes,
		ReceiverBytes:        settlingBytes,
		Delivered:            delivered,
		Logger:               c.Logger,
	}
}
