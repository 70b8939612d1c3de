package settle

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"
)

// Halving covers the same offsets and records, in the same order, without a
// hole between the halves, and leaves neither half empty.
func TestHalveCoversAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		batch := rapid.SliceOfN(rapid.Custom(drawSlice), 1, 5).Draw(t, "batch")
		for i := range batch {
			batch[i].Key.Partition = int32(i)
		}
		if size(batch) < 2 {
			t.Skip("nothing to halve")
		}
		first, second := halve(batch)
		if size(first) == 0 || size(second) == 0 {
			t.Fatalf("halves of %d and %d records", size(first), size(second))
		}
		next := make(map[int32]int64)
		var records int
		for _, slice := range append(first, second...) {
			want, seen := next[slice.Key.Partition]
			if !seen {
				want = batch[slice.Key.Partition].Start
			}
			if slice.Start != want {
				t.Fatalf("partition %d goes on at %d, want %d", slice.Key.Partition, slice.Start, want)
			}
			for _, item := range slice.Items {
				if item.Record.Offset < slice.Start || item.Record.Offset >= slice.End {
					t.Fatalf("offset %d outside %d to %d", item.Record.Offset, slice.Start, slice.End)
				}
			}
			next[slice.Key.Partition] = slice.End
			records += len(slice.Items)
		}
		if records != size(batch) {
			t.Fatalf("%d records of %d", records, size(batch))
		}
		for i := range batch {
			if next[int32(i)] != batch[i].End {
				t.Fatalf("partition %d ends at %d, want %d", i, next[int32(i)], batch[i].End)
			}
		}
	})
}

func drawSlice(t *rapid.T) Slice {
	start := rapid.Int64Range(0, 1000).Draw(t, "start")
	slice := Slice{Start: start, End: start}
	for range rapid.IntRange(0, 6).Draw(t, "records") {
		slice.End += rapid.Int64Range(0, 2).Draw(t, "markers")
		slice.Items = append(slice.Items, Item{Record: &kgo.Record{Offset: slice.End}})
		slice.End++
	}
	slice.End += rapid.Int64Range(0, 2).Draw(t, "markers")
	return slice
}
