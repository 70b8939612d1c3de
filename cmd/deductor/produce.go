package main

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"deductor/internal/config"
	"deductor/internal/produce"
	"deductor/internal/progress"
)

func newProduce() *cobra.Command {
	var p producer
	cmd := &cobra.Command{
		Use:   "produce (--file FILE | --count N)",
		Short: "Send payment commands to the topic",
		Long: `Send payment commands to the topic, keyed by order id, and wait until all in-sync
replicas have them.

They come from a file with one message value a line, sent as it is, or are made up:
N commands of which a share repeats earlier ones. The same --seed makes the same
commands again.

When the environment asks for OpenTelemetry traces (OTEL_EXPORTER_OTLP_ENDPOINT),
messages carry a traceparent header, under the parent that TRACEPARENT names, if any.

Exit code 5 when only some of them were sent.`,
		Example: `  deductor produce --count 10000 --duplicates 0.2 --accounts 100 --account-prefix customer-
  deductor produce --file commands.jsonl --validate
  echo '{"order_id":"ord-1","account":"alice","amount":"12.34","currency":"USD"}' | deductor produce --file -`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.run(cmd) },
	}
	p.kafka.Bind(cmd.Flags())
	p.source.bind(cmd)
	p.out.bind(cmd.Flags())
	return cmd
}

// producer is one run of the command.
type producer struct {
	kafka   config.Kafka
	source  produceSource
	out     output
	orders  map[string]struct{}
	invalid int     // lines that are no commands
	told    []error // what is wrong with the first of them
}

func (p *producer) run(cmd *cobra.Command) error {
	messages, err := p.source.open(cmd)
	if err != nil {
		return err
	}
	defer p.source.close()
	if err := p.findTopic(cmd.Context()); err != nil {
		return err
	}
	transport, err := p.kafka.Transport()
	if err != nil {
		return usage(err)
	}
	defer transport.CloseIdleConnections()

	traces, err := startTraces(cmd.Context(), "", slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)))
	if err != nil {
		return err
	}
	defer traces.Stop()
	counter := progress.NewCounter("sent", p.source.total())
	sender := produce.NewSender(p.kafka.Brokers, p.kafka.Topic, transport, counter.Add)
	sender.Trace(traces.Tracer())
	line := progress.Start(cmd.ErrOrStderr(), counter.Line)
	began := time.Now()
	err = errors.Join(p.send(withParent(cmd.Context()), messages, sender), sender.Close())
	line.Stop()
	return p.report(cmd, sender, time.Since(began), err)
}

// findTopic says at once what a writer would try many times.
func (p *producer) findTopic(ctx context.Context) error {
	cluster, err := p.kafka.Cluster()
	if err != nil {
		return usage(err)
	}
	defer cluster.Close()
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	_, err = cluster.Topic(ctx)
	return err
}

// send sends the messages; those that are no commands are set aside.
func (p *producer) send(
	ctx context.Context, messages iter.Seq2[produce.Message, error], sender *produce.Sender,
) error {
	p.orders = make(map[string]struct{})
	for message, err := range messages {
		var invalid *produce.InvalidLineError
		switch {
		case errors.As(err, &invalid):
			p.setAside(err)
			continue
		case err != nil:
			return errors.Join(err, sender.Flush(ctx))
		}
		if message.OrderID != "" {
			p.orders[message.OrderID] = struct{}{}
		}
		if err := sender.Send(ctx, message); err != nil {
			return err
		}
	}
	return sender.Flush(ctx)
}
