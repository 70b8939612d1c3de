package intake

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// decompressor bounds what one answer of one partition may decompress to, so that a small batch of very
// compressible records cannot take the worker's memory: at most limit bytes a batch, and no further
// batch once total bytes are reached. It is not for concurrent use.
type decompressor struct {
	inner kgo.Decompressor
	limit int // what inner was built with
	total int
	left  int // of total
}

// newInner builds franz-go's decompressor with a bound on a batch's size. A client is the only thing
// that builds one with a bound; it connects to nothing.
func newInner(limit int) (kgo.Decompressor, error) {
	client, err := kgo.NewClient(kgo.MaxDecompressBatchBytes(limit))
	if err != nil {
		return nil, fmt.Errorf("build the decompressor: %w", err)
	}
	defer client.Close()
	return client.OptValue(kgo.WithDecompressor).(kgo.Decompressor), nil
}

func (d *decompressor) reset() { d.left = d.total }

// Decompress implements kgo.Decompressor.
func (d *decompressor) Decompress(src []byte, codec kgo.CompressionCodecType) ([]byte, error) {
	if d.left <= 0 {
		return nil, kgo.ErrMaxDecompress
	}
	out, err := d.inner.Decompress(src, codec)
	d.left -= len(out)
	return out, err
}
