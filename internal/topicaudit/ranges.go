package topicaudit

import (
	"fmt"
	"strconv"
	"strings"
)

// Wanted are the offsets to audit, by partition; nil is all of the topic.
type Wanted map[int32]Offsets

// Offsets are From up to, and without, To; a To below zero is the watermark.
type Offsets struct{ From, To int64 }

// ParseWanted reads "all", or partitions and ranges of offsets: 0:100-5000,1:0-,2.
func ParseWanted(text string) (Wanted, error) {
	if text == "all" {
		return nil, nil
	}
	wanted := make(Wanted)
	for part := range strings.SplitSeq(text, ",") {
		id, offsets, ranged := strings.Cut(strings.TrimSpace(part), ":")
		wrong := fmt.Errorf("%q is neither all nor a range such as 0:100-5000, 1:100- or 2", part)
		partition, err := strconv.ParseInt(id, 10, 32)
		if err != nil || partition < 0 {
			return nil, wrong
		}
		if _, twice := wanted[int32(partition)]; twice {
			return nil, fmt.Errorf("partition %d is named twice", partition)
		}
		o := Offsets{To: -1}
		if ranged {
			from, to, dashed := strings.Cut(offsets, "-")
			if o.From, err = strconv.ParseInt(from, 10, 64); err != nil || !dashed {
				return nil, wrong
			}
			if to != "" {
				if o.To, err = strconv.ParseInt(to, 10, 64); err != nil || o.To <= o.From {
					return nil, wrong
				}
			}
		}
		wanted[int32(partition)] = o
	}
	return wanted, nil
}
