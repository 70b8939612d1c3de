package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/dedupe"
	"deductor/internal/partitions"
	"deductor/internal/progress"
	"deductor/ledger"
)

// status is what the command shows. Its JSON is a contract with scripts.
type status struct {
	At         time.Time         `json:"at"`
	Topic      string            `json:"topic"`
	Group      string            `json:"group"`
	GroupState string            `json:"group_state"`
	Totals     partitions.Totals `json:"totals"`
	// RecordsPerSecond is by how much the watermarks rose since the look before;
	// null at the first.
	RecordsPerSecond *float64            `json:"records_per_second"`
	Workers          []partitions.Worker `json:"workers"`
	Partitions       []partitions.State  `json:"partitions"`
	DeadLetters      []openLettersView   `json:"open_dead_letters"`
	// Horizon is the one in force; null when nothing was ever pruned.
	Horizon *time.Time `json:"dedupe_horizon"`
	// TrialBalance is null when there are more accounts than can be summed up soon.
	TrialBalance []totalsView `json:"trial_balance"`
	// Next are commands for what waits for an operator.
	Next []string `json:"next"`
}

// openLettersView are the open dead letters of a reason.
type openLettersView struct {
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
	Oldest int64  `json:"oldest_id"`
}

func newStatus() *cobra.Command {
	var where place
	var out output
	watching := watch{interval: 2 * time.Second}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the workers, the partitions and what is left to do",
		Long: `Show the consumer group: its live workers, where each partition stands (as
partition list does), and the lag of all; open dead letters by reason, the horizon
before which orders may be forgotten, the trial balance, and which commands to type
for what waits for an operator.

With --watch, again and again until Ctrl-C: on a terminal in its place, elsewhere one
block, or with -o json one line, a look. A broker or a database that can't be reached
is told and tried again. The trial balance adds up all accounts: it is left out when
that takes over two seconds, and is looked at so rarely that it costs little.

No worker needs to run.`,
		Example: "  deductor status\n  deductor status -o json\n  deductor status --watch --interval 5s",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var l looker
			l.where = &where
			if watching.on {
				return watching.run(cmd, &l, out)
			}
			s, err := l.look(cmd.Context())
			if err != nil {
				return err
			}
			return out.write(cmd.OutOrStdout(), s, s.text)
		},
	}
	where.bind(cmd)
	out.bind(cmd.Flags())
	cmd.Flags().BoolVar(&watching.on, "watch", false, "look again and again, until Ctrl-C")
	cmd.Flags().DurationVar(&watching.interval, "interval", watching.interval, "how long to wait between looks")
	return cmd
}

// looker looks at the status, and remembers what the next look compares with.
type looker struct {
	where *place
	last  *status
	books []totalsView
	// nextBooks is when the books may be added up again.
	nextBooks time.Time
}

func (l *looker) look(ctx context.Context) (*status, error) {
	s := &status{Topic: l.where.kafka.Topic, Group: l.where.group.Name}
	err := l.where.look(ctx, func(conn *pgx.Conn, survey *partitions.Survey) error {
		s.At = time.Now().UTC()
		s.GroupState = strings.ToLower(survey.Group.State)
		s.Partitions = survey.States()
		s.Totals, s.Workers = partitions.Sum(s.Partitions), survey.Workers()
		return l.ask(ctx, conn, s)
	})
	if err != nil {
		return nil, err
	}
	s.Next = nextCommands(s)
	s.RecordsPerSecond = settledRate(l.last, s)
	l.last = s
	return s, nil
}

// ask reads what the database alone knows.
func (l *looker) ask(ctx context.Context, conn *pgx.Conn, s *status) error {
	letters, err := settle.CountOpenDeadLetters(ctx, conn)
	if err != nil {
		return err
	}
	s.DeadLetters = make([]openLettersView, len(letters))
	for i, open := range letters {
		s.DeadLetters[i] = openLettersView(open)
	}
	horizons, err := dedupe.Horizons(ctx, conn)
	if err != nil {
		return err
	}
	if inForce := dedupe.InForce(horizons); inForce != nil {
		s.Horizon = utc(&inForce.Before)
	}
	s.TrialBalance, err = l.balance(ctx, conn)
	return err
}

// booksTimeout bounds how long the books are added up.
const booksTimeout = 2 * time.Second

// balance adds up the books, unless that was done a short while ago. It comes
// last: the connection is lost when it takes too long.
func (l *looker) balance(ctx context.Context, conn *pgx.Conn) ([]totalsView, error) {
	if time.Now().Before(l.nextBooks) {
		return l.books, nil
	}
	began := time.Now()
	bounded, cancel := context.WithTimeout(ctx, booksTimeout)
	defer cancel()
	totals, err := ledger.TrialBalance(bounded, conn)
	if err != nil && bounded.Err() == nil {
		return nil, err
	}
	l.books = nil
	if err == nil {
		l.books = viewTotals(totals)
	}
	l.nextBooks = time.Now().Add(20 * time.Since(began))
	return l.books, ctx.Err()
}

// settledRate is how many records a second were settled between two looks; nil without
// a first.
func settledRate(from, to *status) *float64 {
	if from == nil {
		return nil
	}
	before := make(map[int32]int64)
	for _, p := range from.Partitions {
		if p.Watermark != nil {
			before[p.Partition] = *p.Watermark
		}
	}
	var records int64
	for _, p := range to.Partitions {
		if p.Watermark != nil {
			records += *p.Watermark - before[p.Partition]
		}
	}
	perSecond := float64(records) / max(to.At.Sub(from.At).Seconds(), 1e-3)
	return &perSecond
}

// nextCommands are what an operator types about what waits.
func nextCommands(s *status) []string {
	next := []string{}
	for _, p := range s.Partitions {
		command := "skip"
		switch reason := strings.TrimPrefix(p.State, partitions.HaltedPrefix); {
		case reason == p.State:
			continue
		case strings.HasPrefix(reason, "topic_recreated"), strings.HasPrefix(reason, "watermark_missing"):
			command = "adopt"
		}
		next = append(next, fmt.Sprintf("deductor partition %s --partition %d --reason '…'", command, p.Partition))
	}
	for _, open := range s.DeadLetters {
		next = append(next, "deductor deadletter list --code "+open.Reason)
	}
	for _, total := range s.TrialBalance {
		if total.DifferenceMinor != "0" {
			return append(next, "deductor audit")
		}
	}
	return next
}

func (s *status) text(w io.Writer) error {
	t := s.Totals
	fmt.Fprintf(w, "topic %s, group %s (%s)\n", printable(s.Topic), printable(s.Group), printable(s.GroupState))
	fmt.Fprintf(w, "%d partitions: %d ok, %d idle, %d halted; lag %s%s\n\n",
		t.Partitions, t.OK, t.Idle, t.Halted, progress.Thousands(t.Lag), s.rateText())
	rows := make([][]string, len(s.Workers))
	for i, worker := range s.Workers {
		rows[i] = []string{worker.Name, worker.Host, strings.Trim(fmt.Sprint(worker.Partitions), "[]")}
	}
	if len(rows) == 0 {
		fmt.Fprintln(w, "no worker is running")
	} else if err := table(w, []string{"WORKER", "HOST", "PARTITIONS"}, rows); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if err := partitionTable(w, s.Partitions); err != nil {
		return err
	}
	return s.databaseText(w)
}

func (s *status) rateText() string {
	if s.RecordsPerSecond == nil {
		return ""
	}
	return fmt.Sprintf(", %s records/s", progress.Thousands(int64(*s.RecordsPerSecond)))
}

// databaseText tells what the database alone knows.
func (s *status) databaseText(w io.Writer) error {
	letters, balance := "none", "not known: there are many accounts, deductor audit adds them up"
	for i, open := range s.DeadLetters {
		if i == 0 {
			letters = ""
		}
		letters += strconv.FormatInt(open.Count, 10) + " " + open.Reason + ", "
	}
	if s.TrialBalance != nil {
		balance = "balanced"
	}
	for _, total := range s.TrialBalance {
		if total.DifferenceMinor != "0" {
			balance = "WRONG: debits and credits differ by " + total.Difference + " " + total.Currency
		}
	}
	horizon := "none: orders are remembered for ever"
	if s.Horizon != nil {
		horizon = exactTime(*s.Horizon)
	}
	fmt.Fprintln(w)
	if err := details(w, [][2]string{
		{"open dead letters", strings.TrimSuffix(letters, ", ")},
		{"dedupe horizon", horizon},
		{"trial balance", balance},
	}); err != nil {
		return err
	}
	for _, command := range s.Next {
		fmt.Fprintf(w, "next: %s\n", printable(command))
	}
	return nil
}
