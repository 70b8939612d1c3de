package partitions

import "deductor/consumer/settle"

// Stored is what the database knows of a partition.
func (s *Survey) Stored(partition int32) settle.Partition {
	if f := s.found[partition]; f != nil {
		return f.stored
	}
	return settle.Partition{}
}

// Readable is where a worker reads a partition on, or would, and up to where it
// can: the first undecided transaction or the log's end. It is false of a
// partition that the topic does not have.
func (s *Survey) Readable(partition int32) (position, end int64, ok bool) {
	f := s.found[partition]
	if f == nil || f.log == nil {
		return 0, 0, false
	}
	return f.position(), f.log.LastStable, true
}
