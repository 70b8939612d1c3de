package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/config"
	"deductor/internal/pgclose"
)

// auditing is one run of the command.
type auditing struct {
	place
	out  output
	most limit
	// topicRange is what of the topic to audit; "" audits the books.
	topicRange string
}

func newAudit() *cobra.Command {
	var a auditing
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Prove that the books balance, or that they agree with the topic",
		Long: `Prove the books: each account's balance is its opening balance plus its transfers, no
customer is below the overdraft limit, debits equal credits in each currency, and
each applied order has its one transfer. All of it is read, as of one moment, while
workers go on. The exit code is 3 when something is wrong.

With --topic-range, compare the topic with the ledger instead: each record below the
watermark has an outcome (else it is missing), for what the record asks for, down to
the transfer's accounts and amount (else it is different), and each order that was
decided by a record of that range is held by that record (else it is extra). The
range is read from the log while workers run; what is at the watermark or above when
it begins is not judged. The exit code is 3 when something differs.`,
		Example: `  deductor audit
  deductor audit -o json --limit 1000
  deductor audit --topic-range all
  deductor audit --topic-range 0:100-5000,1:100-,2`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("topic-range") {
				return a.topic(cmd)
			}
			return a.books(cmd)
		},
	}
	a.place.bind(cmd)
	config.NotRequired(cmd.Flags(), topicSettings...)
	a.out.bind(cmd.Flags())
	a.most.bind(cmd.Flags(), 20, "most findings of each check")
	cmd.Flags().StringVar(&a.topicRange, "topic-range", "",
		"compare this `RANGE` of the topic with the ledger: all, or partitions with offsets, 0:100-5000,1:100-,2")
	return cmd
}

// topicSettings are needed for --topic-range alone.
var topicSettings = []string{"kafka-brokers", "kafka-topic", "kafka-group"}

// books proves the books.
func (a *auditing) books(cmd *cobra.Command) error {
	conn, err := openDatabase(cmd.Context(), &a.database)
	if err != nil {
		return err
	}
	defer pgclose.Conn(conn)
	checks, totals, err := settle.Audit(cmd.Context(), conn, int(a.most))
	if err != nil {
		return err
	}
	view := viewAudit(checks, totals)
	if err := a.out.write(cmd.OutOrStdout(), view, view.text); err != nil {
		return err
	}
	if !view.OK {
		return verificationFailed(fmt.Errorf("audit: the books are wrong: %s", strings.Join(view.failed(), ", ")))
	}
	return nil
}
