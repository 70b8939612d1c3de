package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestMessage(t *testing.T) {
	t.Parallel()
	server := &pgconn.PgError{Severity: "ERROR", Message: "no\n\tdeductor: ok\x1b[2J", Code: "42501"}
	for want, err := range map[string]error{
		"a: ERROR: no deductor: ok\\u001b[2J (SQLSTATE 42501)": fmt.Errorf("a: %w", server),
		"file:1: bad\nfile:2: bad\\u202e":                      errors.New("file:1: bad\nfile:2: bad\u202e"),
	} {
		if got := message(t.Context(), err); got != want {
			t.Errorf("%q is told as %q, want %q", err, got, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := message(ctx, fmt.Errorf("wait: %w", context.Canceled)); got != "interrupted" {
		t.Errorf("got %q", got)
	}
}
