package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/command"
	"deductor/consumer/settle"
)

// letterPage is the page of one dead letter.
type letterPage struct {
	settle.DeadLetterContent
	Description string
	RecordTime  *time.Time // nil when it is no date
	Differences []difference
	Actions     []settle.LetterAction
	Value, Key  content
	HeaderRows  []headerRow
}

type headerRow struct{ Key, Value content }

func (c *Console) deadLetter(ctx context.Context, r *http.Request) (string, any, error) {
	id, err := letterID(r.PathValue("id"))
	if err != nil {
		return "", nil, err
	}
	var page letterPage
	err = c.db.read(ctx, func(tx pgx.Tx) (err error) {
		if page.DeadLetterContent, err = settle.GetDeadLetter(ctx, tx, id); err != nil {
			return err
		}
		page.Actions, err = settle.LetterActions(ctx, tx, id)
		return err
	})
	if err != nil {
		return "", nil, letterError(id, err)
	}
	page.Description = command.Reason(page.Reason).Description()
	if at := time.UnixMilli(page.Timestamp).UTC(); at.Year() >= 1 && at.Year() <= 9999 {
		page.RecordTime = &at
	}
	page.Differences = differencesOf(page.Difference)
	page.Key, page.Value = contentOf(page.DeadLetterContent.Key), contentOf(page.DeadLetterContent.Value)
	for _, header := range page.Headers {
		page.HeaderRows = append(page.HeaderRows, headerRow{contentOf([]byte(header.Key)), contentOf(header.Value)})
	}
	return fmt.Sprintf("Dead letter %d", id), page, nil
}

// serveValue hands a record's value out as a file, byte for byte.
func (c *Console) serveValue(w http.ResponseWriter, r *http.Request) {
	id, err := letterID(r.PathValue("id"))
	if err == nil {
		var letter settle.DeadLetterContent
		if letter, err = settle.GetDeadLetter(r.Context(), c.db, id); err == nil {
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="dead-letter-%d.bin"`, id))
			_, _ = w.Write(letter.Value) // the client may have gone
			return
		}
		err = letterError(id, err)
	}
	c.fail(w, r, err)
}

// letterID reads an id from a URL or a form.
func letterID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, &pageError{http.StatusNotFound, "There is no such dead letter",
			"The list of dead letters has all there are."}
	}
	return id, nil
}

func letterError(id int64, err error) error {
	if errors.Is(err, settle.ErrDeadLetterUnknown) {
		return &pageError{http.StatusNotFound, fmt.Sprintf("There is no dead letter %d", id),
			"The list of dead letters has all there are."}
	}
	return failing(fmt.Sprintf("Dead letter %d can't be read", id), err)
}
