package settle

import (
	"encoding/json"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/command"
)

// deadLetter is a record that is set aside in the batch's transaction.
type deadLetter struct {
	sourceID   int32
	record     *kgo.Record
	rejection  *command.Rejection
	difference json.RawMessage // of a conflict; nil otherwise
}

// setAside dead-letters a record. A conflict's rejection is made later.
func (t *transaction) setAside(slice *Slice, item *Item, rejection *command.Rejection) {
	t.deadLetters = append(t.deadLetters,
		deadLetter{sourceID: slice.SourceID, record: item.Record, rejection: rejection})
	t.block(item)
	t.count(DeadLettered)
}

func (d *deadLetter) queue(batch *pgx.Batch) {
	keys, values := make([][]byte, len(d.record.Headers)), make([][]byte, len(d.record.Headers))
	for i, header := range d.record.Headers {
		keys[i], values[i] = []byte(header.Key), header.Value
	}
	batch.Queue(insertDeadLetterSQL, d.sourceID, d.record.Offset, d.record.Timestamp.UnixMilli(),
		string(d.rejection.Reason), d.rejection.Detail, orNull(d.rejection.OrderID), orNull(d.rejection.Account),
		[]byte(d.difference), d.record.Key, d.record.Value, keys, values)
}

// orNull is nil for an empty text.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
