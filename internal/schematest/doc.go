// Package schematest checks what the SQL of every package is held to: tables
// and columns that explain themselves, constraints whose names are chosen, so
// that an error message can be looked up by them, statements that the schema
// takes, and no statement without a file or file without a statement.
//
// It is for tests, which run in the directory of the package they test.
package schematest
