package integration

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	backlogGB = flag.Float64("backlog-gb", 0.2,
		"how many GB of commands of 1 MB TestMemoryIsBounded has a worker read")
	backlogSmall = flag.Int("backlog-small", 20_000,
		"how many commands of usual size it has another worker read")
)

// memoryBound is what docs/reference/limits.md says a worker with default
// settings takes at most, whatever lies in the topic.
const memoryBound = 256 << 20

// TestMemoryIsBounded fills a topic before a worker with default settings
// starts, and looks at the most memory that the worker had until lag 0. make
// memory runs it with 10 GB.
func TestMemoryIsBounded(t *testing.T) { // not parallel: it measures
	if runtime.GOOS != "linux" {
		t.Log("only Linux tells a process's most memory")
		return
	}
	t.Run("large", func(t *testing.T) {
		e := newEnv(t, 8)
		// Values compress so well that the log stays small, and a batch of few
		// bytes becomes 16 MB: harder than a producer's defaults make it.
		e.fill(int(*backlogGB*1e9)/largeValue, large, kgo.ProducerBatchMaxBytes(16<<20),
			kgo.ProducerBatchCompression(kgo.ZstdCompression()), kgo.MaxBufferedBytes(64<<20), kgo.BrokerMaxWriteBytes(100<<20))
	})
	t.Run("small", func(t *testing.T) {
		newEnv(t, 8).fill(*backlogSmall, command.value)
	})
}

const largeValue = 1_000_000

// large is the value of a command with as much metadata as fits.
func large(c command) []byte {
	value := bytes.TrimSuffix(c.value(), []byte("}"))
	value = append(value, `,"metadata":{"text":"`...)
	value = append(value, bytes.Repeat([]byte("x"), largeValue-len(value)-3)...)
	return append(value, `"}}`...)
}

// fill produces n commands, has a worker read them, and holds its memory
// against the bound.
func (e *env) fill(n int, value func(command) []byte, opts ...kgo.Opt) {
	e.t.Helper()
	const accounts = 100
	e.openAccounts(customers(accounts, 1_000_000_00)...)
	producer, err := newProducer(suite.broker.addr, append(opts, kgo.ProducerLinger(50*time.Millisecond))...)
	if err != nil {
		e.t.Fatal(err)
	}
	defer producer.Close()
	for i := range n {
		c := pay(fmt.Sprintf("ord-%08d", i), fmt.Sprintf("customer-%d", i%accounts), 1)
		record := e.record(int32(i)%e.partitions, c)
		record.Value = value(c)
		producer.Produce(e.t.Context(), record, func(_ *kgo.Record, err error) {
			if err != nil {
				e.t.Errorf("produce: %v", err)
			}
		})
	}
	if err := producer.Flush(e.t.Context()); err != nil || e.t.Failed() {
		e.t.Fatalf("produce: %v", err)
	}
	w := e.startWorker()
	began := time.Now()
	var samples []int
	eventually(e.t, time.Minute+time.Duration(n)*100*time.Millisecond, "all is debited", func() error {
		samples = append(samples, w.memory("VmRSS"))
		if debited := e.count("SELECT count(*) FROM transfer"); debited < int64(n) {
			return fmt.Errorf("%d of %d", debited, n)
		}
		return nil
	})
	peak, now := w.memory("VmHWM"), w.memory("VmRSS")
	var sum int
	for _, sample := range samples {
		sum += sample
	}
	e.t.Logf("%d commands in %.1f s: the worker had at most %d MiB, %d on average, %d at the end",
		n, time.Since(began).Seconds(), peak>>20, sum/len(samples)>>20, now>>20)
	if peak > memoryBound {
		e.t.Errorf("the worker had %d MiB, more than %d", peak>>20, memoryBound>>20)
	}
	e.awaitDone()
	w.stop()
}

// memory is a line of the process's status in bytes: VmHWM is the most that it
// ever had in memory, VmRSS what it has now.
func (w *worker) memory(what string) int {
	w.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.cmd.Process.Pid))
	if err != nil {
		w.t.Fatal(err)
	}
	_, line, found := strings.Cut(string(status), "\n"+what+":")
	var kilobytes int
	if _, err := fmt.Sscan(line, &kilobytes); err != nil || !found {
		w.t.Fatalf("%s of the worker: %v in\n%s", what, err, status)
	}
	return kilobytes << 10
}
