package config

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/pflag"
)

// Console says who may look at the web console, and what they may do there.
type Console struct {
	// Enabled serves it. Defaults to true.
	Enabled bool
	// Write lets operators requeue and discard dead letters. Defaults to reading
	// only.
	Write bool
	// Token lets in whoever has it, User and Password let in one user; neither
	// secret is ever to be printed. Defaults to nobody but those on this host.
	Token, User, Password string
	// Database is the one to read by, under another role than the workers'.
	// Defaults to theirs.
	Database Database
}

const (
	consoleTokenFlag    = "console-token"
	consoleUserFlag     = "console-user"
	consolePasswordFlag = "console-password"
	consoleDatabaseFlag = "console-database-url"
)

// BindEnabled defines the flag that turns it off, for a worker.
func (c *Console) BindEnabled(flags *pflag.FlagSet) {
	flags.BoolVar(&c.Enabled, "console", true, "serve the web console under /console/ of the admin address")
	optional(flags, "console")
}

// Bind defines the other flags.
func (c *Console) Bind(flags *pflag.FlagSet) {
	flags.BoolVar(&c.Write, "console-write", false,
		"let operators requeue and discard dead letters in the web console")
	flags.StringVar(&c.Token, consoleTokenFlag, "",
		"`TOKEN` to sign in to the web console with, as the password of any user name")
	flags.StringVar(&c.User, consoleUserFlag, "", "user `NAME` to sign in to the web console with")
	flags.StringVar(&c.Password, consolePasswordFlag, "", "that user's `PASSWORD`")
	flags.StringVar(&c.Database.URL, consoleDatabaseFlag, "",
		"`URL` of the same database for the web console, to connect as another role (default --database-url)")
	optional(flags, "console-write", consoleUserFlag)
	secret(flags, consoleTokenFlag, consolePasswordFlag, consoleDatabaseFlag)
}

// leastSecret is how many characters a token or a password must have: nobody
// counts the tries.
const leastSecret = 16

// Validate refuses secrets that could be guessed, and half a user. The error is
// an [*InvalidError] or a [*MissingError].
func (c *Console) Validate() error {
	for flag, secret := range map[string]string{consoleTokenFlag: c.Token, consolePasswordFlag: c.Password} {
		if secret != "" && len(secret) < leastSecret {
			return &InvalidError{Flag: flag, Err: fmt.Errorf("it has %d characters: give %d random ones or more",
				len(secret), leastSecret)}
		}
	}
	switch {
	case c.User != "" && c.Password == "":
		return &MissingError{Flags: []string{consolePasswordFlag}}
	case c.User == "" && c.Password != "":
		return &MissingError{Flags: []string{consoleUserFlag}}
	case strings.Contains(c.User, ":"):
		return &InvalidError{Flag: consoleUserFlag, Err: fmt.Errorf("%q has a colon, which HTTP can't carry", c.User)}
	}
	return nil
}

// PoolConfig reads the connection string of the console, or that of others. The
// errors are those of [Database.PoolConfig].
func (c *Console) PoolConfig(others *Database) (*pgxpool.Config, error) {
	if c.Database.URL == "" {
		return others.PoolConfig()
	}
	return c.Database.PoolConfig()
}
