package doctor

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// settings reads some of the server's, as they count for this session.
func (l *look) settings(ctx context.Context, names ...string) (map[string]string, error) {
	rows, err := l.conn.Query(ctx, settingsSQL, names)
	if err != nil {
		return nil, err
	}
	values := make(map[string]string)
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		values[name] = value
		return nil
	})
	return values, err
}

// lookDurability judges what decides whether an acknowledged COMMIT is kept.
func (l *look) lookDurability(ctx context.Context, r *report) {
	values, err := l.settings(ctx, "fsync", "full_page_writes", "synchronous_commit", "synchronous_standby_names",
		"default_transaction_read_only", "default_transaction_isolation")
	var standbys int
	if err == nil {
		err = l.conn.QueryRow(ctx, standbysSQL).Scan(&standbys)
	}
	if err != nil {
		unanswered(ctx, r, err, "ask the database's owner")
		return
	}
	judgeDurability(r, values, standbys)
}

func judgeDurability(r *report, values map[string]string, standbys int) {
	for _, name := range []string{"fsync", "full_page_writes"} {
		if values[name] == "off" {
			r.fail("set "+name+" = on, and restore or check what was written meanwhile",
				"%s is off: a crash of the server may lose or damage payments that were acknowledged", name)
			continue
		}
		r.ok("%s %s", name, values[name])
	}
	if value := values["synchronous_commit"]; value == "off" || value == "local" {
		r.ok("synchronous_commit %s, which workers set to on for themselves", value)
	} else {
		r.ok("synchronous_commit %s", value)
	}
	if values["default_transaction_read_only"] == "on" {
		r.warn("ALTER ROLE … SET default_transaction_read_only = off: workers ask for READ WRITE, commands do not",
			"default_transaction_read_only is on")
	}
	if value := values["default_transaction_isolation"]; value != "read committed" {
		r.warn("set it to read committed: workers do so for themselves, commands that change rows may fail with 40001",
			"default_transaction_isolation is %s", value)
	}
	if standbys > 0 && values["synchronous_standby_names"] == "" {
		r.warn("name one in synchronous_standby_names, or replay from the topic after a failover",
			"%s, none of them synchronous: payments that were acknowledged may be missing where one takes over",
			counted(standbys, "standby connection"))
	}
}

// timeLimits are what ends a session or a statement, with what is cut by it when it
// is shorter than a minute. Workers set their own in each transaction.
var timeLimits = []struct{ name, cut string }{
	{"statement_timeout", "audit, migrate up and long reads are cut off"},
	{"transaction_timeout", "audit, migrate up and long reads are cut off"},
	{"lock_timeout", "migrate up gives up early"},
	{"idle_in_transaction_session_timeout", "a command that waits for its input is cut off"},
	{"idle_session_timeout", "lanes and the pool connect anew again and again"},
}

const shortLimit = time.Minute

func (l *look) lookTimeLimits(ctx context.Context, r *report) {
	names := make([]string, len(timeLimits))
	for i, limit := range timeLimits {
		names[i] = limit.name
	}
	values, err := l.settings(ctx, names...)
	if err != nil {
		unanswered(ctx, r, err, "ask the database's owner")
		return
	}
	judgeTimeLimits(r, l.server.role, values)
}

func judgeTimeLimits(r *report, role string, values map[string]string) {
	for _, limit := range timeLimits {
		milliseconds, err := strconv.ParseInt(values[limit.name], 10, 64)
		if value := time.Duration(milliseconds) * time.Millisecond; err == nil && value > 0 && value < shortLimit {
			r.warn("ALTER ROLE "+role+" SET "+limit.name+" = 0, or a minute at least",
				"%s is %v: %s", limit.name, value, limit.cut)
		}
	}
	if r.state == "" {
		r.ok("none that is shorter than %v", shortLimit)
	}
}
