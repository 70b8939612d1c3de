package settle

import (
	"embed"
	"io/fs"
)

//go:embed migrations/*.up.sql
var migrations embed.FS

// Migrations holds the package's schema as files NNN_words.up.sql, to be run
// in the order of their names, each once.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the directory is embedded above
	}
	return sub
}

// WorkerGrants are the statements that let a role record and read, and no
// more. The role's name stands in them as :"role", as psql writes a variable.
//
//go:embed grants.sql
var WorkerGrants string
