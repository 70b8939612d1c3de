// Package migrate brings a database's schema to what this binary needs: the
// migrations of packages dedupe, ledger and settle, in this order, each once.
//
// What ran is in table schema_migration, a row a migration, written in the
// migration's own transaction; so a migration cannot hold what Postgres
// refuses in a transaction (CREATE INDEX CONCURRENTLY). Names are unqualified:
// the schema is the first one of the connection's search_path. There is no way
// down: a schema is undone by a further migration.
package migrate
