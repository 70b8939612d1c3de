// Package partitions shows operators where each partition of a topic stands,
// from what the brokers say and what the database knows, and plans what they
// do about one. It needs no running worker.
package partitions
