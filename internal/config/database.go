package config

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/pflag"

	"deductor/internal/pgarray"
)

// Database says where the Postgres database is.
type Database struct {
	// URL is a connection string (Postgres manual, section 34.1.1: a URI, or
	// keywords and values). It may hold a password: it is never to be printed.
	URL string
}

const databaseFlag = "database-url"

// Bind defines the flag.
func (d *Database) Bind(flags *pflag.FlagSet) {
	d.BindOptional(flags)
	required(flags, databaseFlag)
}

// BindOptional defines the flag for a command that may do without.
func (d *Database) BindOptional(flags *pflag.FlagSet) {
	flags.StringVar(&d.URL, databaseFlag, "",
		"`URL` of Postgres, postgres://USER:PASSWORD@HOST:PORT/DATABASE; "+
			"in the environment others can't see the password")
	secret(flags, databaseFlag)
}

// connectTimeout is how long opening a connection may take, unless the
// connection string says otherwise.
const connectTimeout = 10 * time.Second

// notURL is the error of a connection string that can't be read. Of what pgx
// says about it, it has only words that are known beforehand: the rest quotes
// the string, and no program finds the password in every string that is broken.
func notURL(err error) error {
	cause := knownCause.FindString(err.Error())
	if cause != "" {
		cause = " (" + cause + ")"
	}
	return &InvalidError{Flag: databaseFlag, Err: errors.New(
		"it is not a connection string of Postgres" + cause + ": give postgres://USER:PASSWORD@HOST:PORT/DATABASE, " +
			"with characters such as / @ % of the password written as %2F %40 %25")}
}

var knownCause = regexp.MustCompile("sslmode is invalid|invalid port|invalid URL escape|invalid keyword/value|" +
	"unterminated quoted string|unable to (?:read|load) (?:CA file|sslkey|cert)|failed to decode sslkey|" +
	"invalid (?:connect_timeout|sslcertmode|require_auth)|pool_max_conns too small|cannot parse (?:pool_(?:max_conns|" +
	"min_conns|min_idle_conns|max_conn_lifetime|max_conn_idle_time|health_check_period|ping_timeout)|" +
	"statement_cache_capacity|description_cache_capacity)")

// PoolConfig reads the connection string; its ConnConfig is for one connection.
// The error is a [*MissingError], or an [*InvalidError] without the password.
func (d *Database) PoolConfig() (*pgxpool.Config, error) {
	if d.URL == "" {
		return nil, &MissingError{Flags: []string{databaseFlag}}
	}
	parsed, err := pgxpool.ParseConfig(d.URL)
	if err != nil {
		return nil, notURL(err)
	}
	conn := parsed.ConnConfig
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = connectTimeout
	}
	conn.DialFunc = dialer(conn.ConnectTimeout).DialContext
	if conn.RuntimeParams["application_name"] == "" {
		conn.RuntimeParams["application_name"] = "deductor"
	}
	parsed.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		pgarray.Register(conn.TypeMap())
		return nil
	}
	return parsed, nil
}

// Validate is the error of [Database.PoolConfig], when there is a URL.
func (d *Database) Validate() error {
	if d.URL == "" {
		return nil
	}
	_, err := d.PoolConfig()
	return err
}
