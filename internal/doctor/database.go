package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"deductor/internal/migrate"
)

// identity is who and where the session is, as the server has it.
type identity struct {
	database, role, version string
	number                  int // of the version: 180000 is 18.0
	standby                 bool
	pid                     uint32
	tls, superuser          bool
}

func (l *look) lookDatabase(ctx context.Context, r *report) {
	parsed, err := l.Database.PoolConfig()
	if err != nil {
		r.fail("check --database-url", "%v", err)
		return
	}
	conn, err := pgx.ConnectConfig(ctx, parsed.ConnConfig)
	if err != nil {
		r.fail(databaseAdvice(err), "%s", oneLine(err))
		return
	}
	l.conn = conn
	s := &l.server
	err = conn.QueryRow(ctx, identitySQL).Scan(
		&s.database, &s.role, &s.version, &s.number, &s.standby, &s.pid, &s.tls, &s.superuser)
	if err != nil {
		l.close()
		l.conn = nil
		r.fail("look at the server's log and load", "it takes the connection, and no question: %s", oneLine(err))
		return
	}
	host := parsed.ConnConfig.Host
	r.ok("database %s at %s:%d, role %s", s.database, host, parsed.ConnConfig.Port, s.role)
	switch {
	case s.standby:
		r.fail("connect to the primary; with several hosts in the URL, add target_session_attrs=read-write",
			"it is a standby that can only be read")
	case s.tls:
		r.ok("with TLS")
	case !local(host):
		r.warn("add sslmode=verify-full to the URL", "without TLS: passwords and payments can be read on the way")
	}
}

// local tells whether a host is this machine: a socket, or the loopback interface.
func local(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || host == "localhost" || ip != nil && ip.IsLoopback()
}

// oneLine is what a server says, which may have several.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(c rune) bool { return c == '\n' || c == '\t' }), " ")
}

func databaseAdvice(err error) string {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		switch answer.Code {
		case "28P01", "28000":
			return "check the user and the password in the URL, and pg_hba.conf"
		case "3D000":
			return "create the database, or check its name in the URL"
		case "53300":
			return "raise max_connections, or end idle sessions"
		}
		return "the server says why"
	}
	return "check host and port of the URL, the network, and that Postgres runs"
}

func (l *look) lookPostgresVersion(_ context.Context, r *report) {
	if l.server.number < 150000 {
		r.fail("upgrade to Postgres 15 or newer", "Postgres %s is too old", l.server.version)
		return
	}
	r.ok("Postgres %s", l.server.version)
}

// lookPooler compares the process that the session was told of with the one that
// works for it.
func (l *look) lookPooler(_ context.Context, r *report) {
	if l.pooled() {
		r.ok("a pooler stands in between: PgBouncer has to be 1.21 or newer, with max_prepared_statements above 0")
		return
	}
	r.ok("none: the session is Postgres' own")
}

func (l *look) pooled() bool { return l.conn.PgConn().PID() != l.server.pid }

// Differences of clocks that are told.
const (
	slightSkew = time.Second
	grossSkew  = time.Minute
)

// lookClock asks a few times, and believes the quickest answer.
func (l *look) lookClock(ctx context.Context, r *report) {
	best, skew := time.Hour, time.Duration(0)
	for range 3 {
		var there time.Time
		asked := time.Now()
		if err := l.conn.QueryRow(ctx, clockSQL).Scan(&there); err != nil {
			unanswered(ctx, r, err, "ask the database's owner")
			return
		}
		if took := time.Since(asked); took < best {
			best, skew = took, there.Sub(asked.Add(took/2))
		}
	}
	judgeClock(r, skew)
}

func judgeClock(r *report, skew time.Duration) {
	const do = "synchronise the clocks (chrony, NTP): lag in seconds and horizons go by them"
	off := skew.Abs().Round(time.Millisecond)
	side := "ahead of"
	if skew < 0 {
		side = "behind"
	}
	switch {
	case off >= grossSkew:
		r.fail(do, "the database's clock is %v %s this machine's", off, side)
	case off >= slightSkew:
		r.warn(do, "the database's clock is %v %s this machine's", off, side)
	default:
		r.ok("the database's clock differs from this machine's by %v", off)
	}
}

func (l *look) lookSchema(ctx context.Context, r *report) {
	var missing *migrate.MissingError
	var forbidden *migrate.ForbiddenError
	switch err := migrate.Check(ctx, l.conn); {
	case err == nil:
		l.fits = true
		r.ok("it is this version's")
	case errors.As(err, &missing):
		r.fail("deductor migrate up, as the tables' owner", "%v", err)
	case errors.As(err, &forbidden):
		r.fail(fmt.Sprintf("deductor migrate sql --role %s | psql, as the tables' owner", l.server.role), "%s", oneLine(err))
	default:
		r.fail("the message says it", "%s", oneLine(err))
	}
}

// lookConnections counts what workers take: a connection a lane, and the pool.
func (l *look) lookConnections(ctx context.Context, r *report) {
	if l.pooled() {
		r.ok("not counted: a pooler shares them out")
		return
	}
	var used, most, database, role int64
	if err := l.conn.QueryRow(ctx, connectionsSQL).Scan(&used, &most, &database, &role); err != nil {
		unanswered(ctx, r, err, "look at max_connections")
		return
	}
	parsed, err := l.Database.PoolConfig()
	if err != nil {
		r.fail("check --database-url", "%v", err)
		return
	}
	limits := []int64{most}
	for _, limit := range []int64{database, role} {
		if limit >= 0 {
			limits = append(limits, limit)
		}
	}
	judgeConnections(r, used, slices.Min(limits), int64(l.Lanes)+int64(parsed.MaxConns), int64(l.members))
}

func judgeConnections(r *report, used, most, each, workers int64) {
	const do = "raise max_connections (or the limit of the role or the database), lower --lanes, or put a pooler " +
		"in between"
	text := fmt.Sprintf("%d of %d connections are in use; a worker takes up to %d, %s %d",
		used, most, each, counted(int(workers), "worker"), each*workers)
	switch {
	case each*workers > most:
		r.fail(do, "%s: more than there are", text)
	case used+each > most:
		r.warn(do, "%s: another worker may find none", text)
	default:
		r.ok("%s", text)
	}
}
