package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deductor/internal/replay"
)

// replayTarget are the flags that say from where on, by the names that
// kafka-consumer-groups --reset-offsets gives them.
type replayTarget struct {
	earliest bool
	offset   int64
	datetime string
	duration string
	shift    int64
	file     string
	order    string
	scope    string
}

var targetFlags = []string{
	"to-earliest", "to-offset", "to-datetime", "by-duration", "shift-by", "from-file", "to-order",
}

func (t *replayTarget) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&t.earliest, "to-earliest", false, "from each log's first record on")
	flags.Int64Var(&t.offset, "to-offset", 0, "from this offset `O` of each partition on")
	flags.StringVar(&t.datetime, "to-datetime", "",
		"from the first record of this `TIME` or later on: 2026-01-31T13:00:00Z, with a zone")
	flags.StringVar(&t.duration, "by-duration", "", "from so long ago on, a `SPAN` as PT5M, P1DT2H or 26h")
	flags.Int64Var(&t.shift, "shift-by", 0, "from `N` offsets back on, a negative number: -1000")
	flags.StringVar(&t.file, "from-file", "", "from the offsets in this `FILE` on: lines of topic,partition,offset")
	flags.StringVar(&t.order, "to-order", "", "from the record on that this order `ID` was decided by, in its partition")
	flags.StringVar(&t.scope, "topic-scope", "",
		"the partitions, as `TOPIC:N,…` or the topic alone (default all that were read)")
	cmd.MarkFlagsOneRequired(targetFlags...)
	cmd.MarkFlagsMutuallyExclusive(targetFlags...)
}

// read makes a target of the one flag that was given.
func (t *replayTarget) read(cmd *cobra.Command, topic string) (replay.Target, error) {
	given := targetFlags[slices.IndexFunc(targetFlags, cmd.Flags().Changed)]
	target, err := t.make(given, topic)
	if err != nil {
		return target, usagef("--%s: %w", given, err)
	}
	return target, nil
}

func (t *replayTarget) make(flag, topic string) (replay.Target, error) {
	switch flag {
	case "to-earliest":
		return replay.ToEarliest(), nil
	case "to-offset":
		if t.offset < 0 {
			return replay.Target{}, fmt.Errorf("%d is no offset: they begin at 0", t.offset)
		}
		return replay.ToOffset(t.offset), nil
	case "to-datetime":
		at, err := replay.ParseTime(t.datetime, time.Local)
		return replay.ToTime(at), err
	case "by-duration":
		ago, err := replay.ParseDuration(t.duration)
		return replay.ByDuration(ago), err
	case "shift-by":
		if t.shift >= 0 {
			return replay.Target{}, fmt.Errorf("%d goes forward: a replay goes back, by a negative number; "+
				"partition skip leaves records out", t.shift)
		}
		return replay.ByShift(t.shift), nil
	case "to-order":
		return replay.ToOrder(t.order), nil
	}
	file, err := os.Open(t.file)
	if err != nil {
		return replay.Target{}, err
	}
	defer file.Close()
	return replay.FromFile(file, topic)
}

// partitions reads --topic-scope; nil means all.
func (t *replayTarget) partitions(topic string) ([]int32, error) {
	if t.scope == "" {
		return nil, nil
	}
	list, found := strings.CutPrefix(t.scope, topic)
	if !found || list != "" && !strings.HasPrefix(list, ":") {
		return nil, usagef("--topic-scope: %q is not of topic %s: write it as %s or %s:0,1,2", t.scope, topic, topic, topic)
	}
	if list == "" {
		return nil, nil
	}
	var partitions []int32
	for text := range strings.SplitSeq(list[1:], ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
		if err != nil || n < 0 {
			return nil, usagef("--topic-scope: %q is no partition: write it as %s:0,1,2", text, topic)
		}
		if !slices.Contains(partitions, int32(n)) {
			partitions = append(partitions, int32(n))
		}
	}
	return partitions, nil
}
