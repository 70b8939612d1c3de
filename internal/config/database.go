package config

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/pflag"
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
// says about it, it has only the cause: the rest quotes the string, and pgx does
// not find every password in it.
func notURL(err error) error {
	cause := ""
	if err != nil {
		cause = " (" + err.Error() + ")"
	}
	return &InvalidError{Flag: databaseFlag, Err: errors.New(
		"it is not a connection string of Postgres" + cause + ": give postgres://USER:PASSWORD@HOST:PORT/DATABASE, " +
			"with characters such as / @ % of the password written as %2F %40 %25")}
}

// PoolConfig reads the connection string; its ConnConfig is for one connection.
// The error is a [*MissingError], or an [*InvalidError] without the password.
func (d *Database) PoolConfig() (*pgxpool.Config, error) {
	if d.URL == "" {
		return nil, &MissingError{Flags: []string{databaseFlag}}
	}
	parsed, err := pgxpool.ParseConfig(d.URL)
	if err != nil {
		return nil, notURL(errors.Unwrap(err))
	}
	conn := parsed.ConnConfig
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = connectTimeout
	}
	conn.DialFunc = dialer(conn.ConnectTimeout).DialContext
	if conn.RuntimeParams["application_name"] == "" {
		conn.RuntimeParams["application_name"] = "deductor"
	}
	return parsed, nil
}
