package migrate_test

import (
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"deductor/internal/migrate"
	"deductor/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }

// component has the given texts as its migrations 1, 2, ….
func component(name string, texts ...string) migrate.Component {
	files := fstest.MapFS{}
	for i, text := range texts {
		files["00"+string(rune('1'+i))+"_words.up.sql"] = &fstest.MapFile{Data: []byte(text)}
	}
	return migrate.Component{Name: name, FS: files}
}

// two components, of which the second needs the first.
func two() []migrate.Component {
	return []migrate.Component{
		component("zeta",
			"CREATE TABLE first (id integer PRIMARY KEY);",
			"INSERT INTO first VALUES (1); INSERT INTO first VALUES (2);",
		),
		component("alpha", "CREATE TABLE second (id integer REFERENCES first); INSERT INTO second VALUES (2);"),
	}
}
