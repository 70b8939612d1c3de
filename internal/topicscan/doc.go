// Package topicscan reads ranges of a topic's partitions from their logs, without
// a consumer group, for those who judge what a topic holds: plans of replays, and
// audits.
package topicscan
