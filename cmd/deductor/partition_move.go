package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/consumer/settle"
)

// move is what skip and adopt have in common.
type move struct {
	place
	partition int32
	reason    string
	execute   bool
}

func (m *move) bind(cmd *cobra.Command) {
	m.place.bind(cmd)
	cmd.Flags().Int32Var(&m.partition, "partition", 0, "the partition's number `N`")
	cmd.Flags().StringVar(&m.reason, "reason", "", "why, a `TEXT` in your words; kept for ever")
	cmd.Flags().BoolVar(&m.execute, "execute", false, "do it; without it, only say what would be done")
	if err := cmd.MarkFlagRequired("reason"); err != nil {
		panic(err) // the flag is defined above
	}
}

// errRehearsed takes back what was only to be told.
var errRehearsed = errors.New("rehearsed")

// carryOut makes the interventions, all or none, and says what they do. Without
// --execute they are made in a transaction that is rolled back, so that what
// would be refused is refused now.
func (m *move) carryOut(ctx context.Context, w io.Writer, conn *pgx.Conn, plans []settle.Intervention) error {
	if m.reason == "" {
		return usagef("--reason is empty: say why")
	}
	var said []string
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, plan := range plans {
			plan.Actor, plan.Reason = actor(), m.reason
			from, err := settle.Intervene(ctx, tx, plan)
			if err != nil {
				return err
			}
			said = append(said, describe(plan, from))
		}
		if !m.execute {
			return errRehearsed
		}
		return nil
	})
	var no *settle.RefusedError
	switch {
	case errors.As(err, &no):
		return refused(err)
	case err != nil && !errors.Is(err, errRehearsed):
		return fmt.Errorf("database: %w", err)
	}
	return m.tell(w, said)
}

func (m *move) tell(w io.Writer, said []string) error {
	last := "done"
	if !m.execute {
		last = "nothing was done: add --execute to do it"
	}
	for _, line := range append(said, last) {
		if _, err := fmt.Fprintln(w, printable(line)); err != nil {
			return err
		}
	}
	return nil
}

// describe says what an intervention does to payments.
func describe(i settle.Intervention, from *int64) string {
	text := fmt.Sprintf("%s partition %d of %s (group %s): ", i.Action, i.Key.Partition, i.Key.Topic, i.Key.Group)
	switch {
	case from == nil || i.Action == settle.Adopt:
		return text + fmt.Sprintf("go on at offset %d; commands before it are not paid by this database", i.To)
	case i.To > *from:
		return text + fmt.Sprintf("from offset %d to %d; "+
			"commands among these %d offsets are not paid unless sent again", *from, i.To, i.To-*from)
	case i.To < *from:
		return text + fmt.Sprintf("from offset %d back to %d; "+
			"%d offsets are read again, and what was paid is not paid twice", *from, i.To, *from-i.To)
	}
	return text + fmt.Sprintf("go on at offset %d, where it stands", i.To)
}

// actor is the user and host of this command.
func actor() string {
	name := "uid " + strconv.Itoa(os.Getuid()) // a container's user may have no name
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return name + "@" + host
}
