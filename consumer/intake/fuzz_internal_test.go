package intake

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// FuzzSkipTags checks that what follows the tagged fields is the end of what was
// there.
func FuzzSkipTags(f *testing.F) {
	f.Add([]byte{0, 1, 2})
	f.Add([]byte{2, 0, 3, 1, 2, 3, 0x80, 1, 1, 9})
	f.Add([]byte{1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add(bytes.Repeat([]byte{0xff}, 11))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, header []byte) {
		rest, err := skipTags(header)
		switch {
		case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
			t.Fatalf("%T: %v", err, err)
		case err == nil && !bytes.HasSuffix(header, rest):
			t.Fatalf("after the tags of %x comes %x", header, rest)
		}
	})
}

// FuzzAnswer reads an answer of a broker: of each kind that this package asks
// for, in the newest version it speaks.
func FuzzAnswer(f *testing.F) {
	for key := range spoken {
		req := kmsg.RequestForKey(key)
		req.SetVersion(spoken[key].max)
		resp := req.ResponseKind()
		tags := []byte{0}
		if !resp.IsFlexible() {
			tags = nil
		}
		f.Add(key, answerTo(42, tags, resp.AppendTo(nil)))
	}
	fetch := kmsg.NewPtrFetchRequest()
	fetch.SetVersion(spoken[fetch.Key()].max)
	full := fetch.ResponseKind().(*kmsg.FetchResponse)
	part := kmsg.NewFetchResponseTopicPartition()
	part.AbortedTransactions = []kmsg.FetchResponseTopicPartitionAbortedTransaction{{ProducerID: 7}}
	part.RecordBatches = []byte("records")
	topic := kmsg.NewFetchResponseTopic()
	topic.Partitions = []kmsg.FetchResponseTopicPartition{part}
	full.Topics = []kmsg.FetchResponseTopic{topic}
	f.Add(fetch.Key(), answerTo(42, []byte{0}, full.AppendTo(nil)))
	f.Fuzz(func(t *testing.T, key int16, wire []byte) {
		versions, ok := spoken[key]
		if !ok {
			return
		}
		req := kmsg.RequestForKey(key)
		req.SetVersion(versions.max)
		e := newExchange(req, 42, "me", 1<<20)
		_, err := e.RawExchange(&pipe{Reader: bytes.NewReader(wire)})
		if err == nil && (e.size < 4 || e.size > len(wire)-4) {
			t.Fatalf("%d of %d bytes were read", e.size, len(wire))
		}
	})
}
