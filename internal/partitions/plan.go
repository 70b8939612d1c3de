package partitions

import (
	"fmt"
	"slices"
	"strconv"

	"deductor/consumer/settle"
)

// Place is where an adopted partition goes on.
type Place struct {
	name   string // committed, earliest, latest, or "" for the default
	offset int64  // when name is "offset"
}

// ParsePlace reads committed, earliest, latest or an offset.
func ParsePlace(text string) (Place, error) {
	switch text {
	case "", "committed", "earliest", "latest":
		return Place{name: text}, nil
	}
	offset, err := strconv.ParseInt(text, 10, 64)
	if err != nil || offset < 0 {
		return Place{}, fmt.Errorf("%q is none of committed, earliest, latest, and no offset", text)
	}
	return Place{"offset", offset}, nil
}

// Skip plans to go on at offset to; nil means the log's start, for a partition
// whose next records retention removed. The error is a [*settle.RefusedError]
// when the topic has no such partition or its log no such offset.
func (s *Survey) Skip(partition int32, to *int64) (settle.Intervention, error) {
	f, err := s.inLog(partition)
	if err != nil {
		return settle.Intervention{}, err
	}
	if to != nil {
		return s.intervention(settle.Skip, partition, *to)
	}
	if at := f.position(); at >= f.log.Start {
		return settle.Intervention{}, s.refuse(partition,
			"it stands at offset %d, and retention removed nothing after it (the log holds %d to %d): "+
				"say with --to-offset where to go on", at, f.log.Start, f.log.End)
	}
	return s.intervention(settle.Skip, partition, f.log.Start)
}

// Adopt plans to take a partition up at a place. By default that is the log's
// start for a topic that was created again, and the group's committed offset
// for one that the database knows nothing of. Errors are as of Skip.
func (s *Survey) Adopt(partition int32, at Place) (settle.Intervention, error) {
	f, err := s.inLog(partition)
	if err != nil {
		return settle.Intervention{}, err
	}
	name := at.name
	if name == "" {
		name = "committed"
		if f.stored.Watermark != nil {
			name = "earliest"
		}
	}
	switch {
	case name == "offset":
		return s.intervention(settle.Adopt, partition, at.offset)
	case name == "earliest":
		return s.intervention(settle.Adopt, partition, f.log.Start)
	case name == "latest":
		return s.intervention(settle.Adopt, partition, f.log.End)
	case f.committed == nil:
		return settle.Intervention{}, s.refuse(partition,
			"the group committed no offset of it: workers begin at the log's start by themselves, or say --at")
	}
	return s.intervention(settle.Adopt, partition, *f.committed)
}

// Adoptable returns the partitions that wait to be adopted: the group has an
// offset and the database nothing, or the database knows another topic.
func (s *Survey) Adoptable() []int32 {
	var waiting []int32
	for id, f := range s.found {
		switch {
		case f.log == nil:
		case f.stored.Watermark == nil && f.committed != nil,
			f.stored.Watermark != nil && f.stored.Watermark.TopicID != s.Topic.ID:
			waiting = append(waiting, id)
		}
	}
	slices.Sort(waiting)
	return waiting
}

// inLog finds a partition that the topic has.
func (s *Survey) inLog(partition int32) (*facts, error) {
	f := s.found[partition]
	if f == nil || f.log == nil {
		return nil, s.refuse(partition, "the topic has no such partition, but %d", len(s.Topic.Partitions))
	}
	return f, nil
}

func (s *Survey) intervention(action settle.Action, partition int32, to int64) (settle.Intervention, error) {
	log := s.found[partition].log
	if to < log.Start || to > log.End {
		return settle.Intervention{}, s.refuse(partition,
			"offset %d is outside its log, which holds %d to %d", to, log.Start, log.End)
	}
	return settle.Intervention{Key: s.key(partition), Action: action, TopicID: s.Topic.ID, To: to}, nil
}

func (s *Survey) key(partition int32) settle.Key {
	return settle.Key{Group: s.group, Topic: s.Topic.Name, Partition: partition}
}

func (s *Survey) refuse(partition int32, format string, args ...any) error {
	return &settle.RefusedError{Key: s.key(partition), Why: fmt.Sprintf(format, args...)}
}
