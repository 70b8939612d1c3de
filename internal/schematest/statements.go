package schematest

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// directory holds a package's statements, one a file, beside its Go files.
const directory = "queries"

// Prepare lets a migrated database parse each statement of the package: its
// tables, columns, types and functions exist.
func Prepare(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	for _, file := range files(t) {
		sql, err := fs.ReadFile(os.DirFS(directory), file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Prepare(context.Background(), file, string(sql)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// Embedded checks that the statements' files and the variables that embed
// them match one to one: lock_customers.sql is lockCustomersSQL.
func Embedded(t *testing.T) {
	t.Helper()
	variables := embedded(t)
	for _, file := range files(t) {
		variable, found := variables[file]
		switch {
		case !found:
			t.Errorf("%s is embedded by no variable", file)
		case variable != variableName(file):
			t.Errorf("%s is embedded as %s, want %s", file, variable, variableName(file))
		}
		delete(variables, file)
	}
	for _, file := range slices.Sorted(maps.Keys(variables)) {
		t.Errorf("%s embeds %s, which is no file", variables[file], file)
	}
}

func files(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) == 0 {
		t.Fatalf("no files in %s", directory)
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names
}

// embedded returns the variables that hold a statement, by its file.
func embedded(t *testing.T) map[string]string {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	variables := make(map[string]string)
	for _, source := range sources {
		tree, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(node ast.Node) bool {
			if spec, ok := node.(*ast.ValueSpec); ok && spec.Doc != nil {
				for _, comment := range spec.Doc.List {
					if file, ok := strings.CutPrefix(comment.Text, "//go:embed "+directory+"/"); ok {
						variables[file] = spec.Names[0].Name
					}
				}
			}
			return true
		})
	}
	return variables
}

// variableName turns lock_customers.sql into lockCustomersSQL.
func variableName(file string) string {
	words := strings.Split(strings.TrimSuffix(file, ".sql"), "_")
	for i, word := range words[1:] {
		switch word {
		case "id":
			words[i+1] = "ID"
		case "ids":
			words[i+1] = "IDs"
		default:
			words[i+1] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "") + "SQL"
}
