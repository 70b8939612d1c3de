package bench

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
)

var (
	//go:embed queries/counts.sql
	countsSQL string
	//go:embed queries/dead_letters.sql
	deadLettersSQL string
)

// VoidError says that a part left a wrong ledger: its number is worth nothing.
type VoidError struct {
	// Part is what was measured.
	Part string
	// Problems say what is wrong.
	Problems []string
}

// Error names the part and the problems.
func (e *VoidError) Error() string {
	return fmt.Sprintf("%s: the ledger is wrong, the measurement is void: %s", e.Part, strings.Join(e.Problems, "; "))
}

// maxFindings bounds what each check of the audit tells.
const maxFindings = 3

// auditLedger compares a ledger of this program with what was sent, and proves
// its books. The error is a [*VoidError] when something is wrong.
func auditLedger(ctx context.Context, conn *pgx.Conn, part string, want content) error {
	void := &VoidError{Part: part}
	if err := void.compare(ctx, conn, want); err != nil {
		return err
	}
	var letters int64
	if err := conn.QueryRow(ctx, deadLettersSQL).Scan(&letters); err != nil {
		return fmt.Errorf("count dead letters: %w", err)
	}
	void.expect("dead letters", letters, 0)
	checks, _, err := settle.Audit(ctx, conn, maxFindings)
	if err != nil {
		return err
	}
	for _, check := range checks {
		for _, finding := range check.Findings {
			void.add("%s: %s: %s", check.Name, finding.Subject, finding.Detail)
		}
	}
	return void.orNil()
}

// compare counts orders and transfers. Postgres has just got all of these rows
// and knows nothing about them: without ANALYZE, the audit takes longer.
func (e *VoidError) compare(ctx context.Context, conn *pgx.Conn, want content) error {
	if _, err := conn.Exec(ctx, "ANALYZE account, processed, transfer"); err != nil {
		return err
	}
	var applied, declined, transfers, amount int64
	if err := conn.QueryRow(ctx, countsSQL).Scan(&applied, &declined, &transfers, &amount); err != nil {
		return fmt.Errorf("count what was written: %w", err)
	}
	e.expect("applied orders", applied, want.orders)
	e.expect("declined orders", declined, 0)
	e.expect("transfers", transfers, want.orders)
	e.expect("minor units moved", amount, want.amount)
	return nil
}

func (e *VoidError) expect(what string, got, want int64) {
	if got != want {
		e.add("%s: %d, not %d", what, got, want)
	}
}

func (e *VoidError) add(format string, args ...any) {
	e.Problems = append(e.Problems, fmt.Sprintf(format, args...))
}

func (e *VoidError) orNil() error {
	if len(e.Problems) == 0 {
		return nil
	}
	return e
}
