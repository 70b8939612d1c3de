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
		Short: "Look at records that were set aside, and resolve them",
		Long: `Look at dead letters, and resolve them: records that could be neither applied nor
declined, such as malformed commands and conflicts. Each is kept whole, with the
reason, and is the record's outcome: read again, it is not decided anew.

An open dead letter can be requeued (decided again, in the database: no record is
produced) or discarded. Who did it, when and why is kept for ever.`,
		Example: `  deductor deadletter list --code order_conflict
  deductor deadletter show 17
  deductor deadletter requeue 17 --reason 'fixed in 1.4, INC-7' --execute`,
	}, newDeadletterList(), newDeadletterShow(), newDeadletterRequeue(), newDeadletterDiscard(), newDeadletterExport())
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
	Account   *jsonText `json:"account"`
	State     string    `json:"state"`
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
		Account:   textOrNull(letter.Account),
		State:     string(letter.State),
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
		rows[i] = []string{strconv.FormatInt(d.ID, 10), originText(&d.Origin), d.Reason, string(d.State),
			printable(d.OrderID), printable(d.Account), timeText(&d.CreatedAt), printable(d.Detail)}
	}
	return table(w, []string{"ID", "RECORD", "REASON", "STATE", "ORDER", "ACCOUNT", "CREATED", "DETAIL"}, rows)
}

// originText writes where a record stands as topic[partition]@offset.
func originText(origin *settle.Origin) string {
	if origin == nil {
		return ""
	}
	return fmt.Sprintf("%s[%d]@%d", origin.Topic, origin.Partition, origin.Offset)
}
