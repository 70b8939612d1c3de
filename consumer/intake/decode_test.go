package intake_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"deductor/consumer/intake"
)

const limit = intake.DecodeLimit

func decode(t testing.TB, wire []byte, position int64) (intake.Decoded, error) {
	t.Helper()
	return intake.DecodePartition(answer(wire), position, true, false)
}

func texts(records []*kgo.Record) []string {
	var all []string
	for _, r := range records {
		all = append(all, fmt.Sprintf("%d=%s", r.Offset, r.Value))
	}
	return all
}

func TestDecodeWholeAnswer(t *testing.T) {
	t.Parallel()
	wire := join(t,
		handmade{base: 10, epoch: 3, values: []string{"a", "b"}},
		handmade{base: 12, epoch: 3, values: []string{"c"}, codec: kgo.ZstdCompression()},
		handmade{base: 13, epoch: 4, values: []string{"d", "e"}},
	)
	for _, own := range []bool{false, true} {
		got, err := intake.DecodePartition(answer(wire), 10, true, own)
		if err != nil || got.End != 15 || got.Epoch != 4 {
			t.Fatalf("got %+v, %v", got, err)
		}
		if want := []string{"10=a", "11=b", "12=c", "13=d", "14=e"}; !slices.Equal(texts(got.Records), want) {
			t.Errorf("got %v", texts(got.Records))
		}
		if got.Bytes < len(wire) {
			t.Errorf("5 records count for %d bytes", got.Bytes)
		}
		wire[len(wire)-2]++ // the value of e
		if kept := string(got.Records[4].Value) == "e"; kept != own {
			t.Errorf("own %v, and the last value is %q after its answer changed", own, got.Records[4].Value)
		}
		wire[len(wire)-2]--
	}
}

func TestDecodeBeginsInTheMiddleOfABatch(t *testing.T) {
	t.Parallel()
	wire := join(t, handmade{base: 5, values: []string{"a", "b", "c"}}, handmade{base: 8, values: []string{"d"}})
	got, err := intake.DecodePartition(answer(wire), 7, false, false)
	if err != nil || got.End != 9 || !slices.Equal(texts(got.Records), []string{"7=c", "8=d"}) {
		t.Errorf("got %v, %v", texts(got.Records), err)
	}
	var corrupt *intake.CorruptError
	if _, err := intake.DecodePartition(answer(wire), 7, true, false); !errors.As(err, &corrupt) {
		t.Errorf("where the batch before ended, one began earlier, and the error is %v", err)
	}
}

// A batch that is cut short at the end of an answer is normal, wherever it is cut.
func TestDecodeLeavesOutATruncatedBatch(t *testing.T) {
	t.Parallel()
	first := handmade{base: 0, values: []string{"a", "b"}}.bytes(t)
	wire := append(slices.Clone(first), handmade{base: 2, values: []string{"c", "d"}}.bytes(t)...)
	for end := range len(wire) {
		got, err := decode(t, wire[:end], 0)
		want := int64(0)
		if end >= len(first) {
			want = 2
		}
		if err != nil || got.End != want || len(got.Records) != int(want) {
			t.Fatalf("cut at %d: got %+v, %v", end, got, err)
		}
	}
}

// What is wrong after good batches is kept for the next answer, where it is the first.
func TestDecodeErrors(t *testing.T) {
	t.Parallel()
	good := handmade{base: 0, values: []string{"a", "b"}}
	edit := func(b handmade, change func([]byte)) []byte {
		wire := b.bytes(t)
		change(wire)
		return wire
	}
	second := handmade{base: 2, values: []string{"c", "d"}}
	cases := []struct {
		name string
		wire []byte
		want error
		text string
	}{
		{"gap", handmade{base: 3, values: []string{"c"}}.bytes(t), new(intake.GapError), "offset 2 was expected and 3 came"},
		{"overlap", handmade{base: 1, values: []string{"c", "d"}}.bytes(t), new(intake.CorruptError), "offsets 1 to 2"},
		{"compacted", handmade{base: 2, values: []string{"c"}, missing: 2}.bytes(t), new(intake.GapError), "cleanup.policy"},
		{"compacted empty", handmade{base: 2, missing: 2}.bytes(t), new(intake.GapError), "of the 2 records"},
		{"checksum", edit(second, func(b []byte) { b[len(b)-2] ^= 1 }), new(intake.CorruptError), "crc"},
		{
			"checksum of a marker", edit(marker(2, 1, false), func(b []byte) { b[len(b)-2] ^= 1 }),
			new(intake.CorruptError), "crc",
		},
		{"record count", edit(second, func(b []byte) { b[60] = 3 }), new(intake.CorruptError), "3 records"},
		{"negative length", edit(second, func(b []byte) { b[8] = 0xff }), new(intake.CorruptError), "length is -"},
		{"short length", edit(second, func(b []byte) { b[11] = 48 }), new(intake.CorruptError), "length is 48"},
		{"message format", edit(second, func(b []byte) { b[16] = 1 }), new(intake.CorruptError), "format is 1"},
		{
			"compression", handmade{base: 2, values: []string{"c"}, codec: kgo.GzipCompression(), cut: 3}.bytes(t),
			new(intake.CorruptError), "cannot be decoded",
		},
		{"negative offset", edit(second, func(b []byte) { b[0] = 0x80 }), new(intake.CorruptError), "corrupt"},
		{
			"undecodable record", handmade{base: 2, values: []string{"c", "d"}, spoil: func(b []byte) []byte {
				b[len(b)/2] = 0x7e // the second record's length
				return b
			}}.bytes(t), new(intake.CorruptError), "not all of its records decode",
		},
		{
			"record offsets", handmade{base: 2, values: []string{"c", "d"}, spoil: func(b []byte) []byte {
				b[3] = 2 // the first record's offset delta, 1 instead of 0
				return b
			}}.bytes(t), new(intake.CorruptError), "not all of its records decode",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			after := handmade{base: 4, values: []string{"e"}}.bytes(t)
			behind, err := decode(t, slices.Concat(good.bytes(t), c.wire, after), 0)
			if err != nil || behind.End != 2 || !slices.Equal(texts(behind.Records), []string{"0=a", "1=b"}) {
				t.Fatalf("behind a good batch: got %v to %d, %v", texts(behind.Records), behind.End, err)
			}
			alone, err := decode(t, slices.Concat(c.wire, after), 2)
			if fmt.Sprintf("%T", err) != fmt.Sprintf("%T", c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("at first: %T: %v", err, err)
			}
			if alone.End != 2 || len(alone.Records) > 0 {
				t.Errorf("records came with the error: %+v", alone)
			}
		})
	}
}

func TestDecodeBoundsDecompression(t *testing.T) {
	t.Parallel()
	bomb := strings.Repeat("0", limit+1)
	half := strings.Repeat("0", limit*2/3)
	for name, codec := range map[string]kgo.CompressionCodec{
		"gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var large *intake.BatchTooLargeError
			_, err := decode(t, handmade{base: 7, values: []string{bomb}, codec: codec}.bytes(t), 7)
			if !errors.As(err, &large) || large.Start != 7 || large.End != 8 || large.Limit != limit {
				t.Errorf("a batch over the limit gives %v", err)
			}
			var wire []byte
			for i := range 9 {
				wire = append(wire, handmade{base: int64(i), values: []string{half}, codec: codec}.bytes(t)...)
			}
			got, err := decode(t, wire, 0)
			if err != nil || got.End != 2 {
				t.Errorf("of 9 batches of two thirds of the limit, %d were decoded at once: %v", got.End, err)
			}
		})
	}
}

// Whatever bit flips, what is delivered is the beginning of the truth.
func TestDecodeDeliversTheTruthOrNothing(t *testing.T) {
	t.Parallel()
	codecs := []kgo.CompressionCodec{
		{}, kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression(),
	}
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.Int64Range(0, 1<<40).Draw(t, "base")
		var wire []byte
		var truth []string
		next := base
		for range rapid.IntRange(1, 5).Draw(t, "batches") {
			h := handmade{base: next, codec: rapid.SampledFrom(codecs).Draw(t, "codec")}
			for range rapid.IntRange(1, 6).Draw(t, "records") {
				h.values = append(h.values, rapid.StringN(0, 40, 40).Draw(t, "value"))
				truth = append(truth, fmt.Sprintf("%d=%s", next, h.values[len(h.values)-1]))
				next++
			}
			wire = append(wire, h.bytes(batchT{})...)
		}
		bit := rapid.IntRange(0, len(wire)*8-1).Draw(t, "bit")
		wire[bit/8] ^= 1 << (bit % 8)
		wire = wire[:rapid.IntRange(0, len(wire)).Draw(t, "cut")]

		got, err := intake.DecodePartition(answer(wire), base, true, rapid.Bool().Draw(t, "own"))
		delivered := texts(got.Records)
		if len(delivered) > len(truth) || !slices.Equal(delivered, truth[:len(delivered)]) {
			t.Fatalf("delivered %q of %q", delivered, truth)
		}
		if got.End != base+int64(len(delivered)) || (err != nil && len(delivered) > 0) {
			t.Fatalf("%d records to offset %d from %d, %v", len(delivered), got.End, base, err)
		}
		var halt intake.Halt
		if err != nil && !errors.As(err, &halt) {
			t.Fatalf("%T is no Halt", err)
		}
	})
}

// batchT lets handmade batches be built where there is no testing.TB.
type batchT struct{ testing.TB }

func (batchT) Helper()           {}
func (batchT) Fatal(args ...any) { panic(fmt.Sprint(args...)) }
