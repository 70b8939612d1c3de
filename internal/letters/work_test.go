package letters_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
	"deductor/internal/letters"
	"deductor/internal/pgtest"
)

// bench is a database with many dead letters that are no commands: more than one
// batch or page of them.
func bench(t *testing.T, n int) *pgx.Conn {
	t.Helper()
	conn := pgtest.Conn(t, pgtest.New(t).URL)
	if _, err := conn.Exec(t.Context(), `WITH origin AS (
		    INSERT INTO source (topic_id, partition, topic) VALUES (gen_random_uuid(), 0, 'payments') RETURNING id)
		INSERT INTO dead_letter (source_id, record_offset, record_timestamp, reason, detail, record_value,
		                         header_keys, header_values)
		SELECT o.id, i, 0, 'invalid_json', 'x', '?', '{}', '{}'
		  FROM origin o, generate_series(1, $1::int) AS i`, n); err != nil {
		t.Fatal(err)
	}
	return conn
}

func count(t *testing.T, conn *pgx.Conn, what string) (n int) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM "+what).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func selected(t *testing.T, conn *pgx.Conn) *settle.Selection {
	t.Helper()
	set, err := settle.SelectDeadLetters(t.Context(), conn, settle.DeadLetterFilter{State: settle.Open})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// interrupted is a context that ends with the first batch that is done.
func interrupted(t *testing.T) (context.Context, func(int64)) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, func(int64) { cancel() }
}

// A command that is interrupted finishes the batch in hand; given again, it goes
// on with the rest.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	conn := bench(t, 1100)
	requeuer := func() *settle.Requeuer {
		config := conn.Config()
		settler := settle.NewSettler(settle.Config{Connect: func(ctx context.Context) (*pgx.Conn, error) {
			return pgx.ConnectConfig(ctx, config)
		}})
		t.Cleanup(settler.Close)
		return &settle.Requeuer{Settler: settler, Handling: settle.NewHandling("operator@host", "INC-7")}
	}
	ctx, stop := interrupted(t)
	report, err := letters.Requeue(ctx, conn, selected(t, conn), requeuer(), stop)
	if !errors.Is(err, letters.ErrInterrupted) || report.StayOpen() != 500 || report.NotReached() != 600 ||
		len(report.Open) != letters.MaxOpen {
		t.Errorf("requeue: %d stay open, %d not reached, %v", report.StayOpen(), report.NotReached(), err)
	}
	if n := count(t, conn, "dead_letter_action WHERE outcome = 'refused'"); n != 500 {
		t.Errorf("%d refusals are kept, want 500", n)
	}
	handling := settle.NewHandling("operator@host", "INC-7")
	ctx, stop = interrupted(t)
	report, err = letters.Discard(ctx, conn, selected(t, conn), handling, false, stop)
	if !errors.Is(err, letters.ErrInterrupted) || report.Discarded != 500 || report.NotReached() != 600 {
		t.Errorf("discard: %d discarded, %d not reached, %v", report.Discarded, report.NotReached(), err)
	}
	report, err = letters.Discard(t.Context(), conn, selected(t, conn), handling, false, func(int64) {})
	if err != nil || report.Selected != 600 || report.Discarded != 600 || report.NotReached() != 0 {
		t.Errorf("discard again: %+v, %v", report, err)
	}
	if n := count(t, conn, "dead_letter WHERE resolution = 'discarded'"); n != 1100 {
		t.Errorf("%d are discarded, want all", n)
	}
}

// The set is what it was when the command was given.
func TestSetIsFixed(t *testing.T) {
	t.Parallel()
	conn := bench(t, 3)
	set := selected(t, conn)
	if _, err := conn.Exec(t.Context(), `INSERT INTO dead_letter (source_id, record_offset, record_timestamp, reason,
		detail, header_keys, header_values) SELECT id, 99, 0, 'x', 'x', '{}', '{}' FROM source`); err != nil {
		t.Fatal(err)
	}
	report, err := letters.Discard(t.Context(), conn, set, settle.NewHandling("a", "b"), false, func(int64) {})
	if err != nil || report.Discarded != 3 || count(t, conn, "dead_letter WHERE resolution IS NULL") != 1 {
		t.Errorf("%+v, %v: want the three of the set discarded", report, err)
	}
}

func TestExportGoesPageByPage(t *testing.T) {
	t.Parallel()
	conn := bench(t, 1100)
	var written []string
	flushed := 0
	exporter := letters.Exporter{
		Conn: conn, Handling: settle.NewHandling("operator@host", "audit"),
		Write: func(letter *settle.DeadLetterContent) error {
			written = append(written, fmt.Sprint(letter.Offset))
			return nil
		},
		Flush: func() error {
			if n := count(t, conn, "dead_letter_action"); n != flushed {
				return fmt.Errorf("%d were noted before they were flushed", n-flushed)
			}
			flushed = len(written)
			return nil
		},
	}
	ctx, stop := interrupted(t)
	exporter.Progress = stop
	exported, err := exporter.Run(ctx)
	if !errors.Is(err, letters.ErrInterrupted) || exported != 500 || len(written) != 500 {
		t.Errorf("%d were exported, %d written, %v; want a page of 500", exported, len(written), err)
	}
	written, exporter.Progress = nil, func(int64) {}
	exporter.Handling = settle.NewHandling("operator@host", "audit")
	exporter.Flush = func() error { return nil }
	exported, err = exporter.Run(t.Context())
	if err != nil || exported != 1100 || !strings.HasPrefix(strings.Join(written, " "), "1 2 3 ") ||
		written[1099] != "1100" {
		t.Errorf("%d were exported, %v", exported, err)
	}
	if n := count(t, conn, "dead_letter_action WHERE action = 'export'"); n != 1600 {
		t.Errorf("%d exports are kept, want 1600", n)
	}
}
