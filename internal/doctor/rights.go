package doctor

import (
	"bytes"
	"context"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"deductor/internal/migrate"
)

// right is one that a worker needs.
type right struct{ kind, object, part, privilege string }

var (
	grant     = regexp.MustCompile(`(?s)GRANT\s+([^;]+?)\s+ON\s+(?:(SEQUENCE|FUNCTION)\s+)?([^;]+?)\s+TO\s`)
	privilege = regexp.MustCompile(`([A-Z]+)(?:\s*\(([^)]*)\))?`)
)

// rights reads them from the grants that "migrate sql --role" prints.
func rights() ([]right, error) {
	var script bytes.Buffer
	if err := migrate.Grants(&script, "worker"); err != nil {
		return nil, err
	}
	var all []right
	for _, g := range grant.FindAllStringSubmatch(script.String(), -1) {
		for _, p := range privilege.FindAllStringSubmatch(g[1], -1) {
			if p[2] == "" {
				all = append(all, right{g[2], g[3], "", p[1]})
				continue
			}
			for column := range strings.SplitSeq(p[2], ",") {
				all = append(all, right{"COLUMN", g[3], strings.TrimSpace(column), p[1]})
			}
		}
	}
	return all, nil
}

func (l *look) lookRights(ctx context.Context, r *report) {
	needed, err := rights()
	if err != nil {
		r.fail("report it: this program is broken", "%v", err)
		return
	}
	missing, err := l.missing(ctx, needed)
	var tooMuch bool
	if err == nil {
		err = l.conn.QueryRow(ctx, tooMuchSQL).Scan(&tooMuch)
	}
	role := l.server.role
	switch {
	case err != nil:
		unanswered(ctx, r, err, "ask the tables' owner")
	case len(missing) > 0:
		r.fail("deductor migrate sql --role "+role+" | psql, as the tables' owner",
			"role %s lacks what a worker needs: %s", role, strings.Join(missing, ", "))
	case l.server.superuser:
		r.warn("give workers a role of their own, with what deductor migrate sql --role prints",
			"role %s is a superuser: it can take back what was paid", role)
	case tooMuch:
		r.warn("give workers a role of their own, with what deductor migrate sql --role prints",
			"role %s may delete or rewrite what was paid; workers need not", role)
	default:
		r.ok("role %s has what a worker needs, and can't take back what was paid", role)
	}
}

func (l *look) missing(ctx context.Context, needed []right) ([]string, error) {
	columns := make([][]string, 4)
	for _, n := range needed {
		for i, value := range []string{n.kind, n.object, n.part, n.privilege} {
			columns[i] = append(columns[i], value)
		}
	}
	rows, err := l.conn.Query(ctx, rightsSQL, columns[0], columns[1], columns[2], columns[3])
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
