package migrate

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
)

// SQL writes a script for psql that does what [Up] does, for those who let
// no program change their schema; [Status] agrees with it afterwards. It has
// all migrations, or those that are pending in states when that is not nil.
func SQL(w io.Writer, states []State) error {
	return script(w, Components(), states)
}

func script(w io.Writer, components []Component, states []State) error {
	migrations := pending(states)
	if states == nil {
		var err error
		if migrations, err = load(components); err != nil {
			return err
		}
	}
	var b strings.Builder
	b.WriteString("-- Migrations of deductor, each in a transaction. Run them as the owner of the tables:\n" +
		"-- psql --set ON_ERROR_STOP=1 --file FILE DATABASE\n")
	step(&b, "schema_migration", createTable)
	for _, m := range migrations {
		step(&b, m.String(), m.SQL, m.record())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func step(b *strings.Builder, title string, statements ...string) {
	fmt.Fprintf(b, "\n-- %s\nBEGIN;\nSELECT pg_advisory_xact_lock(%d);\n", title, lockKey)
	for _, text := range statements {
		b.WriteString(strings.TrimSpace(text) + "\n")
	}
	b.WriteString("COMMIT;\n")
}

// record is the statement that says that m ran. Nothing in it needs quoting:
// the names are of letters, digits and underscores.
func (m Migration) record() string {
	return fmt.Sprintf("INSERT INTO schema_migration (component, version, name, checksum)\nVALUES ('%s', %d, '%s', '%s');",
		m.Component, m.Version, m.Name, m.Checksum)
}

// roleToken stands for the role's name in Component.Grants, as psql writes a
// variable that is an identifier.
const roleToken = `:"role"`

// Grants writes the statements that give role what a worker needs and no more:
// no DELETE anywhere, no UPDATE of transfers. The role must exist; on a schema
// other than public it also needs USAGE.
func Grants(w io.Writer, role string) error {
	return grants(w, Components(), role)
}

// Grant runs the statements of [Grants], in one transaction, as the owner of
// the tables. Doing it again does no harm.
func Grant(ctx context.Context, conn *pgx.Conn, role string) error {
	var statements strings.Builder
	if err := Grants(&statements, role); err != nil {
		return err
	}
	err := locked(ctx, conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, statements.String())
		return err
	})
	if err != nil {
		return fmt.Errorf("grant role %q what workers need: %w", role, err)
	}
	return nil
}

func grants(w io.Writer, components []Component, role string) error {
	var b strings.Builder
	b.WriteString("-- migrate\nGRANT SELECT ON schema_migration TO " + roleToken + ";\n")
	for _, component := range components {
		fmt.Fprintf(&b, "\n-- %s\n%s\n", component.Name, strings.TrimSpace(component.Grants))
	}
	quoted := pgx.Identifier{role}.Sanitize()
	_, err := io.WriteString(w, strings.ReplaceAll(b.String(), roleToken, quoted))
	return err
}
