package replay

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Target says from where on records are to be read again. Exactly one of the
// functions that return one makes it.
type Target struct {
	kind    targetKind
	text    string
	offset  int64
	at      time.Time
	ago     time.Duration
	offsets map[int32]int64
	orderID string
}

type targetKind int

const (
	toEarliest targetKind = iota
	toOffset
	toTime
	byDuration
	byShift
	fromFile
	toOrder
)

// ToEarliest is each log's first offset.
func ToEarliest() Target { return Target{kind: toEarliest, text: "--to-earliest"} }

// ToOffset is one offset, of each partition.
func ToOffset(offset int64) Target {
	return Target{kind: toOffset, offset: offset, text: fmt.Sprintf("--to-offset %d", offset)}
}

// ToTime is the first record of a time or a later one.
func ToTime(at time.Time) Target {
	return Target{kind: toTime, at: at, text: "--to-datetime " + at.UTC().Format(time.RFC3339Nano)}
}

// ByDuration is ToTime of so long ago.
func ByDuration(ago time.Duration) Target {
	return Target{kind: byDuration, ago: ago, text: fmt.Sprintf("--by-duration %v", ago)}
}

// ByShift is so many offsets from where each partition stands, back when negative.
func ByShift(offsets int64) Target {
	return Target{kind: byShift, offset: offsets, text: fmt.Sprintf("--shift-by %d", offsets)}
}

// ToOrder is the record that an order was decided by.
func ToOrder(id string) Target {
	return Target{kind: toOrder, orderID: id, text: fmt.Sprintf("--to-order %q", id)}
}

// FromFile is an offset for each partition that the file names, in lines of
// topic,partition,offset, as kafka-consumer-groups --reset-offsets --from-file
// takes them, and --export writes them.
func FromFile(r io.Reader, topic string) (Target, error) {
	t := Target{kind: fromFile, text: "--from-file", offsets: make(map[int32]int64)}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		fields := strings.Split(line, ",")
		if len(fields) != 3 {
			return Target{}, fmt.Errorf("line %d: %q is not topic,partition,offset", n, line)
		}
		for i := range fields {
			fields[i] = strings.Trim(strings.TrimSpace(fields[i]), `"`)
		}
		partition, err := strconv.ParseInt(fields[1], 10, 32)
		if err != nil || partition < 0 {
			return Target{}, fmt.Errorf("line %d: partition %q is not a number from 0", n, fields[1])
		}
		offset, err := strconv.ParseInt(fields[2], 10, 64)
		_, twice := t.offsets[int32(partition)]
		switch {
		case err != nil || offset < 0:
			return Target{}, fmt.Errorf("line %d: offset %q is not a number from 0", n, fields[2])
		case fields[0] != topic:
			return Target{}, fmt.Errorf("line %d: topic %q is not %q, the one of the workers", n, fields[0], topic)
		case twice:
			return Target{}, fmt.Errorf("line %d: partition %d is named twice", n, partition)
		}
		t.offsets[int32(partition)] = offset
	}
	if err := lines.Err(); err != nil {
		return Target{}, err
	}
	if len(t.offsets) == 0 {
		return Target{}, fmt.Errorf("it names no partition: give lines of topic,partition,offset")
	}
	return t, nil
}

// String is the target in the words of the command.
func (t Target) String() string { return t.text }
