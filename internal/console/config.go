package console

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/consumer/intake"
)

// Prefix begins the paths of all pages. [Console.Handler] answers those below it.
const Prefix = "/console"

// MaxConnections is how many connections to the database the pages take at most.
const MaxConnections = 3

// Config says what a console shows, and to whom.
type Config struct {
	// Pool is the console's own, of [MaxConnections]. Required.
	Pool *pgxpool.Pool
	// Connect opens a connection for an audit or for what an operator does, each
	// of which takes longer than a page may. Required.
	Connect func(context.Context) (*pgx.Conn, error)
	// Cluster asks the brokers about the topic. Required.
	Cluster *intake.Cluster
	// Topic and Group are the workers'. Required.
	Topic, Group string
	// Write lets operators requeue and discard dead letters, and replay. Defaults
	// to reading only.
	Write bool
	// Access says who may look. The zero value lets in whoever reaches a loopback
	// address.
	Access Access
	// Version is the program's, for the foot of the page.
	Version string
	// Logger is told what operators do, and what goes wrong. Required.
	Logger *slog.Logger
	// Sampling is the time between two looks at the topic for the plot. Defaults
	// to 5 seconds.
	Sampling time.Duration
}

// WithDefaults returns the configuration with what is zero set to its default.
func (c Config) WithDefaults() Config {
	if c.Sampling == 0 {
		c.Sampling = 5 * time.Second
	}
	return c
}

// Console answers requests. Its methods may be called from any goroutine.
type Console struct {
	config   Config
	db       *reader
	watch    *watch
	books    *cached[books]
	letters  *cached[[]reasonCount]
	auditor  gate
	planning gate
	plans    plans
	actions  gate
	verdicts verdicts
	pages    pages
	handler  http.Handler
}

// New returns a console. Run has to run beside it.
func New(config Config) *Console {
	config = config.WithDefaults()
	c := &Console{
		config:   config,
		db:       &reader{pool: config.Pool},
		auditor:  newGate(),
		actions:  newGate(),
		planning: newGate(),
		pages:    parsePages(),
	}
	c.watch = newWatch(config, c.db)
	c.books = newCached(booksAge, c.readBooks)
	c.letters = newCached(lettersAge, c.countOpenLetters)
	c.handler = c.guard(c.routes())
	return c
}

// Handler answers the paths below [Prefix].
func (c *Console) Handler() http.Handler { return c.handler }

// Run looks at the topic again and again, for what has a history: rates and lag
// in seconds. It returns nil when ctx ends.
func (c *Console) Run(ctx context.Context) error {
	c.watch.run(ctx)
	return nil
}
