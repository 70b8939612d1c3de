package settle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	state := func(code string) error {
		return fmt.Errorf("write and commit: %w", &pgconn.PgError{Code: code})
	}
	tests := []struct {
		name string
		err  error
		want failure
	}{
		{"serialization failure", state("40001"), contended},
		{"deadlock", state("40P01"), contended},
		{"lock timeout", state("55P03"), contended},
		{"unique violation", state("23505"), contended},
		{"check violation", state("23514"), refused},
		{"not null violation", state("23502"), refused},
		{"numeric out of range", state("22003"), refused},
		{"character not in repertoire", state("22021"), refused},
		{"disk full", state("53100"), unavailable},
		{"shutting down", state("57P01"), unavailable},
		{"statement timeout", state("57014"), unavailable},
		{"missing privilege", state("42501"), unavailable},
		{"missing table", state("42P01"), unavailable},
		{"assertion", state("P0004"), unavailable},
		{"a pooler's own, without a state", state(""), unavailable},
		{"connection lost", io.ErrUnexpectedEOF, unavailable},
		{"time is up", context.DeadlineExceeded, unavailable},
		{"anything else", errors.New("?"), unavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := classify(test.err); got != test.want {
				t.Errorf("classify(%v) = %d, want %d", test.err, got, test.want)
			}
		})
	}
}
