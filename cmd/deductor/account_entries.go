package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/internal/config"
	"deductor/internal/pgclose"
	"deductor/ledger"
)

// entriesRequest is what account entries is asked for.
type entriesRequest struct {
	wanted       ledger.Range
	from, to, at instant
	most         limit
}

func newAccountEntries() *cobra.Command {
	var db config.Database
	var out output
	var r entriesRequest
	cmd := &cobra.Command{
		Use:   "entries NAME",
		Short: "Show an account's statement, or what it held at a time",
		Long: `Show an account's statement: the opening balance, each entry with the balance after
it, and the closing balance. Without --from and --after these are the last entries;
with one of them, the first from there on. --at TIME shows what the account held
then instead.

An entry's time is when its posting transaction began; it may have been committed
some seconds later. --at counts those that had begun by then. Entries stand in the
order of their transfer ids: that of the decisions of one worker. Workers take ids
in blocks, so between two workers a later entry may stand first; what the account
held in between may differ from the balance beside it, the ends don't. --from, --to
and --at read all entries of the account.

No index holds the entries of settlement accounts, which may be all transfers there
are: --scan reads the whole table for them, about a second for two million.`,
		Example: `  deductor account entries alice
  deductor account entries alice --from 2026-03-01T00:00:00Z --to 2026-04-01T00:00:00Z
  deductor account entries alice --at 2026-03-01T00:00:00+01:00
  deductor account entries alice --after 4711 --limit 1000 -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := r.check(cmd); err != nil {
				return usage(err)
			}
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			moment := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
			return pgx.BeginTxFunc(cmd.Context(), conn, moment, func(tx pgx.Tx) error {
				if cmd.Flags().Changed("at") {
					return r.showBalance(cmd, tx, args[0], out)
				}
				return r.showStatement(cmd, tx, args[0], out)
			})
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	r.bind(cmd)
	return cmd
}

func (r *entriesRequest) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	r.most.bind(flags, 100, "most entries to show")
	flags.Var(&r.from, "from", "entries of this time and later (RFC 3339, with a zone)")
	flags.Var(&r.to, "to", "entries before this time (RFC 3339, with a zone)")
	flags.Var(&r.at, "at", "the balance at this time (RFC 3339, with a zone)")
	flags.Int64Var(&r.wanted.After, "after", 0, "entries whose transfer ids are above `ID`: the page after it")
	flags.Int64Var(&r.wanted.Before, "before", 0, "entries whose transfer ids are below `ID`: the page before it")
	flags.BoolVar(&r.wanted.Scan, "scan", false, "read all transfers, for a settlement account")
	for _, other := range []string{"from", "to", "after", "before", "limit"} {
		cmd.MarkFlagsMutuallyExclusive("at", other)
	}
	cmd.MarkFlagsMutuallyExclusive("after", "before")
}

// check completes the range, and says what is wrong with it.
func (r *entriesRequest) check(cmd *cobra.Command) error {
	for _, name := range []string{"after", "before"} {
		if flag := cmd.Flags().Lookup(name); flag.Changed && r.wanted.After <= 0 && r.wanted.Before <= 0 {
			return fmt.Errorf("--%s %s is no transfer id: they begin at 1", name, flag.Value)
		}
	}
	r.wanted.From, r.wanted.To, r.wanted.Limit = time.Time(r.from), time.Time(r.to), int(r.most)
	if cmd.Flags().Changed("from") && cmd.Flags().Changed("to") && !r.wanted.From.Before(r.wanted.To) {
		return fmt.Errorf("--from %s is not before --to %s", &r.from, &r.to)
	}
	if at := time.Time(r.at); at.After(time.Now()) {
		return fmt.Errorf("--at %s is in the future", &r.at)
	}
	r.wanted.Last = r.wanted.Before > 0 || !cmd.Flags().Changed("from") && r.wanted.After == 0
	return nil
}

// inFlight is how long before now transactions may still be open that will be
// counted as begun then: Postgres ends them after 40 seconds.
const inFlight = time.Minute

func (r *entriesRequest) showBalance(cmd *cobra.Command, tx pgx.Tx, name string, out output) error {
	ctx, at := cmd.Context(), time.Time(r.at)
	account, err := getAccount(ctx, tx, name)
	if err != nil {
		return err
	}
	if at.Before(account.CreatedAt) {
		return fmt.Errorf("account %q did not exist at %s: it was created at %s", name, &r.at,
			account.CreatedAt.UTC().Format(time.RFC3339Nano))
	}
	balance, err := ledger.BalanceAt(ctx, tx, name, at, r.wanted.Scan)
	if err != nil {
		return explainEntries(name, err)
	}
	view := viewBalance(&account, at, balance)
	if err := out.write(cmd.OutOrStdout(), view, view.text); err != nil {
		return err
	}
	if time.Since(at) < inFlight {
		fmt.Fprintln(cmd.ErrOrStderr(), "payments that had begun by then may still be committed: ask again in a minute")
	}
	return nil
}

func (r *entriesRequest) showStatement(cmd *cobra.Command, tx pgx.Tx, name string, out output) error {
	statement, err := ledger.ReadStatement(cmd.Context(), tx, name, r.wanted)
	if err != nil {
		return explainEntries(name, err)
	}
	view := viewStatement(&statement)
	if err := out.write(cmd.OutOrStdout(), view, view.text); err != nil {
		return err
	}
	return r.tellMore(cmd.ErrOrStderr(), &statement)
}

// tellMore says how to get the next page.
func (r *entriesRequest) tellMore(w io.Writer, s *ledger.Statement) (err error) {
	switch {
	case !s.More:
	case r.wanted.Last:
		_, err = fmt.Fprintf(w, "there are earlier entries: go on with --before %d\n", s.Entries[0].TransferID)
	default:
		_, err = fmt.Fprintf(w, "there are more: go on with --after %d\n", s.Entries[len(s.Entries)-1].TransferID)
	}
	return err
}

func explainEntries(name string, err error) error {
	switch {
	case errors.Is(err, ledger.ErrAccountUnknown):
		return unknownAccount(name, ledger.ErrAccountUnknown)
	case errors.Is(err, ledger.ErrNeedsScan):
		return refused(fmt.Errorf("%w: --scan reads all transfers for them, "+
			"deductor account show %s has its balance, deductor audit proves it", err, name))
	}
	return err
}
