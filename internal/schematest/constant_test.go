package schematest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sqlArgument is which argument of a method of pgx, or of a function of ours
// that hands it on, is a statement.
var sqlArgument = map[string]int{
	"Exec": 1, "Query": 1, "QueryRow": 1, "Queue": 0, "Prepare": 2, "Findings": 2, "query": 2,
}

// notConstant are the statements that are neither a literal, nor a constant, nor
// the content of a file: where they are, and why nothing from outside is in them.
var notConstant = map[string]string{
	"consumer/settle/audit.go Audit":          "embedded files, in a table of checks",
	"ledger/audit.go Audit":                   "embedded files, in a table of checks",
	"ledger/accounts.go query":                "handed on: the argument of each call is looked at here, too",
	"ledger/audit.go Findings":                "handed on: the argument of each call is looked at here, too",
	"internal/bench/books.go drop":            "DROP SCHEMA takes no parameters; the benchmark makes up the name",
	"internal/bench/books.go openBooks":       "CREATE SCHEMA takes no parameters; the benchmark makes up the name",
	"internal/console/reader.go Query":        "handed on: the statements are those of the packages that it reads with",
	"internal/demo/found.go readTables":       "embedded files, in a table of what to read",
	"internal/demo/stage.go createWorkerRole": "CREATE ROLE takes no parameters; the demo makes up name and password",
	"internal/migrate/script.go Grant":        "the grants' embedded file, with the role as a quoted identifier",
	"internal/migrate/up.go apply":            "the migrations' embedded files, and a row of their names and checksum",
}

// forTests are packages that only tests import.
var forTests = []string{"internal/pgtest", "internal/schematest", "internal/kafkatest", "integration"}

// A statement never has input in it: that goes beside it, as parameters.
func TestStatementsAreConstant(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	packages := make(map[string]map[string]*ast.File)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		dir := filepath.ToSlash(filepath.Dir(name))
		if slices.ContainsFunc(forTests, func(prefix string) bool { return strings.HasPrefix(dir, prefix) }) {
			return nil
		}
		if packages[dir] == nil {
			packages[dir] = make(map[string]*ast.File)
		}
		packages[dir][filepath.ToSlash(name)] = file
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	statements := 0
	for _, files := range packages {
		constant := constants(files)
		for name, file := range files {
			for _, declared := range file.Decls {
				function, ok := declared.(*ast.FuncDecl)
				if !ok || function.Body == nil {
					continue
				}
				for _, sql := range statementsIn(function) {
					statements++
					if !isConstant(sql, constant) {
						found[name+" "+function.Name.Name] = true
					}
				}
				for _, changed := range assignedIn(function) {
					if constant[changed] && !declaredIn(function, changed) {
						t.Errorf("%s %s: the statement %s is changed", name, function.Name.Name, changed)
					}
				}
			}
		}
	}
	if statements < 50 {
		t.Errorf("only %d statements were found: there are more", statements)
	}
	for _, place := range slices.Sorted(maps.Keys(found)) {
		if notConstant[place] == "" {
			t.Errorf("%s: a statement is made up at run time: give input as parameters, or say in notConstant why not", place)
		}
	}
	for place := range notConstant {
		if !found[place] {
			t.Errorf("%s has no such statement any more", place)
		}
	}
}

// constants are the names of a package's constants and embedded files.
func constants(files map[string]*ast.File) map[string]bool {
	names := make(map[string]bool)
	for _, file := range files {
		for _, declared := range file.Decls {
			group, ok := declared.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range group.Specs {
				values, ok := spec.(*ast.ValueSpec)
				if ok && (group.Tok == token.CONST || isEmbedded(values.Doc) || isEmbedded(group.Doc)) {
					for _, name := range values.Names {
						names[name.Name] = true
					}
				}
			}
		}
	}
	return names
}

func isEmbedded(comment *ast.CommentGroup) bool {
	return comment != nil && slices.ContainsFunc(comment.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed ")
	})
}

func statementsIn(function *ast.FuncDecl) (found []ast.Expr) {
	ast.Inspect(function, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := ""
		switch function := call.Fun.(type) {
		case *ast.SelectorExpr:
			name = function.Sel.Name
		case *ast.Ident:
			name = function.Name
		}
		if at, ok := sqlArgument[name]; ok && len(call.Args) > at {
			found = append(found, call.Args[at])
		}
		return true
	})
	return found
}

func isConstant(sql ast.Expr, constant map[string]bool) bool {
	switch sql := sql.(type) {
	case *ast.BasicLit:
		return sql.Kind == token.STRING
	case *ast.Ident:
		return constant[sql.Name]
	}
	return false
}

// assignedIn are the names that are given a value.
func assignedIn(function *ast.FuncDecl) (names []string) {
	ast.Inspect(function, func(node ast.Node) bool {
		if assign, ok := node.(*ast.AssignStmt); ok {
			for _, left := range assign.Lhs {
				if name, ok := left.(*ast.Ident); ok {
					names = append(names, name.Name)
				}
			}
		}
		return true
	})
	return names
}

// declaredIn tells whether the name is a variable of the function's own.
func declaredIn(function *ast.FuncDecl, name string) bool {
	own := false
	ast.Inspect(function, func(node ast.Node) bool {
		assign, ok := node.(*ast.AssignStmt)
		own = own || ok && assign.Tok == token.DEFINE && slices.ContainsFunc(assign.Lhs, func(e ast.Expr) bool {
			ident, ok := e.(*ast.Ident)
			return ok && ident.Name == name
		})
		return true
	})
	return own
}
