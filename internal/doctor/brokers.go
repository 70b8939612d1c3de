package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"strings"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"deductor/consumer/intake"
	"deductor/internal/config"
)

// lookBrokers asks each configured address by itself.
func (l *look) lookBrokers(ctx context.Context, r *report) {
	addresses := l.Kafka.Brokers
	found, errs := make([][]intake.Broker, len(addresses)), make([]error, len(addresses))
	var asking errgroup.Group
	for i, address := range addresses {
		asking.Go(func() error {
			found[i], errs[i] = l.askBroker(ctx, address)
			return nil
		})
	}
	_ = asking.Wait() // errs has the errors
	for i, address := range addresses {
		if errs[i] == nil {
			l.brokers = found[i]
			r.ok("%s answers%s", address, l.security())
		}
	}
	for i, address := range addresses {
		switch {
		case errs[i] == nil:
		case l.brokers != nil:
			r.warn(l.brokerAdvice(errs[i]), "%s: %v", address, errs[i])
		default:
			r.fail(l.brokerAdvice(errs[i]), "%s: %v", address, errs[i])
		}
	}
}

func (l *look) askBroker(ctx context.Context, address string) ([]intake.Broker, error) {
	alone := *l.Kafka
	alone.Brokers = config.Brokers{address}
	cluster, err := alone.Cluster()
	if err != nil {
		return nil, err
	}
	defer cluster.Close()
	brokers, err := cluster.Brokers(ctx)
	var unreachable *intake.UnreachableError
	switch {
	case errors.As(err, &unreachable):
		return nil, unreachable.Err
	case err == nil && len(brokers) == 0:
		return nil, errors.New("it tells of no brokers")
	}
	return brokers, err
}

// security says how the connections are protected.
func (l *look) security() string {
	text := " without TLS"
	if l.Kafka.Encryption.Enabled || l.Kafka.Encryption.CAFile != "" {
		text = " with TLS"
	}
	if mechanism := l.Kafka.Authentication.Mechanism; mechanism != "" {
		text += " and SASL " + string(mechanism)
	}
	return text
}

func (l *look) brokerAdvice(err error) string {
	var certificate *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	switch {
	case errors.As(err, &certificate):
		return "name the CA that signed the broker's certificate with --kafka-tls-ca-file, and the broker as the " +
			"certificate does"
	case errors.As(err, &header):
		return "this listener speaks no TLS: leave --kafka-tls out, or use the port of the TLS listener"
	case errors.Is(err, kafka.SASLAuthenticationFailed), errors.Is(err, kafka.UnsupportedSASLMechanism):
		return "check --kafka-sasl-mechanism, the user and the password"
	case errors.Is(err, io.ErrUnexpectedEOF) && l.Kafka.Authentication.Mechanism != "":
		return "it hangs up: check --kafka-sasl-mechanism, the user and the password, and whether it wants TLS"
	}
	return "check the address, the network, and whether the listener wants TLS (--kafka-tls) or SASL"
}

// lookListeners asks each broker of the cluster at the address that it tells
// clients, and what it speaks.
func (l *look) lookListeners(ctx context.Context, r *report) {
	releases, spoken, errs := make([]string, len(l.brokers)), make([]error, len(l.brokers)), make([]error, len(l.brokers))
	var asking errgroup.Group
	for i, broker := range l.brokers {
		asking.Go(func() error {
			var old *intake.UnsupportedVersionError
			var err error
			if releases[i], err = l.cluster.CheckVersions(ctx, broker.ID); errors.As(err, &old) {
				spoken[i] = err
			} else {
				errs[i] = err
			}
			return nil
		})
	}
	_ = asking.Wait() // errs has the errors
	l.partial = errors.Join(spoken...)
	for i, broker := range l.brokers {
		if errs[i] == nil {
			l.release = releases[i]
			r.ok("broker %d answers at %s", broker.ID, broker.Address)
			continue
		}
		r.fail("make the broker's advertised.listeners an address that this machine reaches",
			"broker %d tells clients to come to %s: %v", broker.ID, broker.Address, errs[i])
	}
}

func (l *look) lookVersions(_ context.Context, r *report) {
	switch {
	case l.partial != nil:
		r.fail("use Apache Kafka 2.7 or newer", "%s", strings.ReplaceAll(l.partial.Error(), "\n", "; "))
	case l.release == "":
		r.warn("see the check listeners", "no broker could be asked")
	default:
		r.ok("all brokers speak what is needed; they seem to be Kafka %s", strings.TrimPrefix(l.release, "v"))
	}
}
