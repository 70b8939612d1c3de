package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"deductor/consumer/settle"
)

func newDeadletter() *cobra.Command {
	return group(&cobra.Command{
		Use:   "deadletter",
		Short: "Look at records that were set aside",
		Long: `List and show dead letters: records that could be neither applied nor declined, such
as malformed commands and conflicts. Each is kept whole, with the reason.`,
		Example: `  deductor deadletter list --reason order_conflict
  deductor deadletter show 17`,
	}, newDeadletterList(), newDeadletterShow())
}

// deadLetterView is a dead letter as users see it, without its content.
type deadLetterView struct {
	ID        int64     `json:"id"`
	Topic     string    `json:"topic"`
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`
	Reason    string    `json:"reason"`
	Detail    jsonText  `json:"detail"`
	OrderID   *jsonText `json:"order_id"`
	CreatedAt time.Time `json:"created_at"`
}

func viewDeadLetter(letter *settle.DeadLetter) deadLetterView {
	return deadLetterView{
		ID:        letter.ID,
		Topic:     letter.Topic,
		Partition: letter.Partition,
		Offset:    letter.Offset,
		Reason:    letter.Reason,
		Detail:    jsonText(letter.Detail),
		OrderID:   textOrNull(letter.OrderID),
		CreatedAt: letter.CreatedAt.UTC(),
	}
}

// viewDeadLetters is never nil.
func viewDeadLetters(letters []settle.DeadLetter) []deadLetterView {
	views := make([]deadLetterView, len(letters))
	for i := range letters {
		views[i] = viewDeadLetter(&letters[i])
	}
	return views
}

// textOrNull is nil when there is no text.
func textOrNull(text string) *jsonText {
	if text == "" {
		return nil
	}
	return (*jsonText)(&text)
}

func tableOfDeadLetters(w io.Writer, letters []settle.DeadLetter) error {
	rows := make([][]string, len(letters))
	for i := range letters {
		d := &letters[i]
		rows[i] = []string{strconv.FormatInt(d.ID, 10), originText(&d.Origin), d.Reason, printable(d.OrderID),
			timeText(&d.CreatedAt), printable(d.Detail)}
	}
	return table(w, []string{"ID", "RECORD", "REASON", "ORDER", "CREATED", "DETAIL"}, rows)
}

// originText writes where a record stands as topic[partition]@offset.
func originText(origin *settle.Origin) string {
	if origin == nil {
		return ""
	}
	return fmt.Sprintf("%s[%d]@%d", origin.Topic, origin.Partition, origin.Offset)
}
