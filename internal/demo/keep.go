package demo

import (
	"context"
	"fmt"
	"strings"

	"deductor/internal/config"
)

// keep tells how to look further, and with Keep waits until ctx ends.
func (d *show) keep(ctx context.Context) {
	w := d.Stdout
	if !d.Keep {
		fmt.Fprintf(w, "To look further, %s demo --keep leaves everything running.\n", d.Name)
		return
	}
	database := d.stage.postgres.URL()
	fmt.Fprintf(w, "Everything runs until Ctrl-C. To look further, in another shell:\n\n")
	for _, setting := range [][2]string{
		{"kafka-brokers", strings.Join(d.stage.kafka.Brokers(), ",")},
		{"kafka-topic", topic},
		{"kafka-group", group},
		{"database-url", "'" + database + "'"},
	} {
		fmt.Fprintf(w, "export %s=%s\n", config.EnvName(setting[0]), setting[1])
	}
	fmt.Fprintln(w)
	for _, arguments := range []string{
		"status",
		"order show " + d.plan.example(),
		"deadletter list",
		"audit",
		"produce --count 1000 --duplicates 0.2 --accounts 300 --account-prefix customer- --currency USD",
	} {
		fmt.Fprintln(w, d.Name, arguments)
	}
	fmt.Fprintf(w, "psql '%s'\ntail -f %s/*.log\n", database, d.crew.dir)
	d.watchOver(ctx)
}

// watchOver says so when a worker ends by itself.
func (d *show) watchOver(ctx context.Context) {
	for lost := false; ctx.Err() == nil; wait(ctx, pollInterval) {
		if err := d.crew.look(); err != nil && !lost {
			lost = true
			d.narrator.say("%v", err)
		}
	}
	d.narrator.say("stopping")
}

// example is an order that was declined: to show it tells why.
func (p *Plan) example() string {
	for i := range p.orders {
		if p.orders[i].decline != "" {
			return p.orders[i].id
		}
	}
	return p.orders[0].id
}
