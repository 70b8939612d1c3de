package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"deductor/internal/config"
	"deductor/internal/progress"
	"deductor/internal/topicaudit"
)

// topic compares the topic with the ledger.
func (a *auditing) topic(cmd *cobra.Command) error {
	if err := config.Need(cmd.Flags(), topicSettings...); err != nil {
		return usagef("--topic-range: %w", err)
	}
	wanted, err := topicaudit.ParseWanted(a.topicRange)
	if err != nil {
		return usagef("--topic-range: %w", err)
	}
	cluster, err := a.kafka.Cluster()
	if err != nil {
		return usage(err)
	}
	defer cluster.Close()
	show := &offsetsRead{w: cmd.ErrOrStderr()}
	report, err := (&topicaudit.Audit{
		Cluster: cluster, Connect: connector(&a.database), Group: a.group.Name, Wanted: wanted, Limit: int(a.most),
		Progress: show.set,
	}).Run(cmd.Context())
	show.stop()
	if err != nil {
		return err
	}
	err = a.out.write(cmd.OutOrStdout(), report, func(w io.Writer) error { return writeTopicAudit(w, report) })
	if err != nil {
		return err
	}
	if !report.OK {
		return verificationFailed(fmt.Errorf("audit: topic %s and the ledger differ: %d missing, %d different, %d extra",
			report.Topic, report.Missing, report.Different, report.Extra))
	}
	return nil
}

func writeTopicAudit(w io.Writer, r *topicaudit.Report) error {
	for _, judged := range r.Partitions {
		fmt.Fprintf(w, "partition %d: offsets %d to %d were compared\n",
			judged.Partition, judged.FromOffset, judged.ToOffset-1)
	}
	for _, warning := range r.Warnings {
		fmt.Fprintf(w, "warning: %s\n", printable(warning))
	}
	if len(r.Findings) > 0 {
		rows := make([][]string, len(r.Findings))
		for i, f := range r.Findings {
			rows[i] = []string{f.Kind, strconv.Itoa(int(f.Partition)), strconv.FormatInt(f.Offset, 10), f.OrderID, f.Detail}
		}
		fmt.Fprintln(w)
		if err := table(w, []string{"FINDING", "PARTITION", "OFFSET", "ORDER", "DETAIL"}, rows); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "\n%s records, %s orders: %s missing, %s different, %s extra", progress.Thousands(r.Records),
		progress.Thousands(r.Orders), progress.Thousands(r.Missing), progress.Thousands(r.Different),
		progress.Thousands(r.Extra))
	if r.Pruned > 0 {
		fmt.Fprintf(w, "; %s from before what was pruned", progress.Thousands(r.Pruned))
	}
	_, err := fmt.Fprintln(w)
	return err
}
