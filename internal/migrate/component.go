package migrate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"deductor/consumer/settle"
	"deductor/dedupe"
	"deductor/ledger"
)

// Component is a package that owns tables.
type Component struct {
	Name string

	// FS has the migrations at its root, NNN_words.up.sql, numbered from 001.
	FS fs.FS

	// Grants are the statements that give the worker's role what it needs of
	// these tables, with the role's name written as :"role".
	Grants string
}

// Components are those of this binary, in the order their migrations run.
func Components() []Component {
	return []Component{
		{Name: "dedupe", FS: dedupe.Migrations(), Grants: dedupe.WorkerGrants},
		{Name: "ledger", FS: ledger.Migrations(), Grants: ledger.WorkerGrants},
		{Name: "settle", FS: settle.Migrations(), Grants: settle.WorkerGrants},
	}
}

// Migration is one file, or a row of schema_migration that this binary has no
// file for: then SQL and Checksum are empty.
type Migration struct {
	Component string
	Version   int
	Name      string // the words of the file's name
	SQL       string
	Checksum  string // SHA-256 of SQL, in hexadecimal
}

func (m Migration) String() string {
	return fmt.Sprintf("%s %03d_%s", m.Component, m.Version, m.Name)
}

// Applied is a migration that ran, and when.
type Applied struct {
	Migration
	At time.Time
}

// key is what identifies a migration in a database.
type key struct {
	component string
	version   int
}

func (m Migration) key() key { return key{m.Component, m.Version} }

var fileName = regexp.MustCompile(`^([0-9]{3})_([a-z0-9_]+)\.up\.sql$`)

// load returns the components' migrations in the order to run them. It fails
// for a misnamed file and for a number that is missing or there twice.
func load(components []Component) ([]Migration, error) {
	var all []Migration
	for _, component := range components {
		entries, err := fs.ReadDir(component.FS, ".") // sorted by name
		if err != nil {
			return nil, fmt.Errorf("migrations of %s: %w", component.Name, err)
		}
		for i, entry := range entries {
			parts := fileName.FindStringSubmatch(entry.Name())
			if parts == nil || parts[1] != fmt.Sprintf("%03d", i+1) {
				return nil, fmt.Errorf("migrations of %s: file %s, want %03d_words.up.sql",
					component.Name, entry.Name(), i+1)
			}
			text, err := fs.ReadFile(component.FS, entry.Name())
			if err != nil {
				return nil, fmt.Errorf("migrations of %s: %w", component.Name, err)
			}
			if !strings.HasSuffix(strings.TrimSpace(string(text)), ";") { // another statement follows it in SQL's script
				return nil, fmt.Errorf("migrations of %s: file %s does not end in a semicolon", component.Name, entry.Name())
			}
			sum := sha256.Sum256(text)
			all = append(all, Migration{
				Component: component.Name,
				Version:   i + 1,
				Name:      parts[2],
				SQL:       string(text),
				Checksum:  hex.EncodeToString(sum[:]),
			})
		}
	}
	return all, nil
}
