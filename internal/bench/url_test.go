package bench

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/internal/pgtest"
)

func TestSearchPathIsSetInAnyConnectionString(t *testing.T) {
	t.Parallel()
	for _, database := range []string{
		"postgres://me:s%3Fcret@host:1234/base",
		"postgresql://me:s%3Fcret@host:1234/base?",
		"postgres://me:s%3Fcret@host:1234/base?sslmode=disable&search_path=mine",
		"postgres://me:s%3Fcret@host:1234/base?options=-c%20search_path%3Dmine",
		"host=host port=1234 user=me password=s?cret dbname=base search_path=mine",
	} {
		parsed, err := pgx.ParseConfig(withSearchPath(database, "bench_1"))
		if err != nil {
			t.Errorf("%s: %v", database, err)
			continue
		}
		if parsed.RuntimeParams["search_path"] != "bench_1" || parsed.Host != "host" || parsed.Port != 1234 ||
			parsed.Password != "s?cret" || parsed.Database != "base" {
			t.Errorf("%s: %+v", database, parsed)
		}
	}
}

func TestSearchPathGoesBeforeOptions(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	conn := pgtest.Conn(t, withSearchPath(db.URL+"&options=-c%20search_path%3Dmine", "bench_1"))
	var path string
	if err := conn.QueryRow(t.Context(), "SHOW search_path").Scan(&path); err != nil || path != "bench_1" {
		t.Errorf("search_path is %q (error %v)", path, err)
	}
}
