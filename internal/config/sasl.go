package config

import (
	"context"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/spf13/pflag"
	franz "github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// Authentication says who connects to Kafka.
type Authentication struct {
	// Mechanism is plain, scram-sha-256 or scram-sha-512. Defaults to none.
	Mechanism Mechanism
	// Username and Password are the user's; the password is never to be printed.
	Username, Password string
}

func (a *Authentication) bind(flags *pflag.FlagSet) {
	flags.Var(&a.Mechanism, "kafka-sasl-mechanism",
		"authenticate to Kafka by plain, scram-sha-256 or scram-sha-512")
	flags.StringVar(&a.Username, "kafka-sasl-username", "", "user `NAME` in Kafka")
	flags.StringVar(&a.Password, "kafka-sasl-password", "",
		"the user's `PASSWORD`; in the environment others can't see it")
	optional(flags, "kafka-sasl-mechanism", "kafka-sasl-username")
	secret(flags, "kafka-sasl-password")
}

// mechanism returns nil for no authentication.
func (a *Authentication) mechanism() (sasl.Mechanism, error) {
	if a.Mechanism == "" {
		if a.Username != "" || a.Password != "" {
			return nil, &MissingError{Flags: []string{"kafka-sasl-mechanism"}}
		}
		return nil, nil
	}
	var missing []string
	if a.Username == "" {
		missing = append(missing, "kafka-sasl-username")
	}
	if a.Password == "" {
		missing = append(missing, "kafka-sasl-password")
	}
	if missing != nil {
		return nil, &MissingError{Flags: missing}
	}
	switch user := (scram.Auth{User: a.Username, Pass: a.Password}); a.Mechanism {
	case "scram-sha-256":
		return scramMechanism{user.AsSha256Mechanism()}, nil
	case "scram-sha-512":
		return scramMechanism{user.AsSha512Mechanism()}, nil
	default:
		return plain.Mechanism{Username: a.Username, Password: a.Password}, nil
	}
}

// Mechanism is a way to authenticate.
type Mechanism string

// Set implements [pflag.Value].
func (m *Mechanism) Set(value string) error {
	return choose(m, value)
}

// Choices implements [Chooser].
func (m *Mechanism) Choices() []string { return []string{"plain", "scram-sha-256", "scram-sha-512"} }

// String implements [pflag.Value].
func (m *Mechanism) String() string { return string(*m) }

// Type implements [pflag.Value].
func (m *Mechanism) Type() string { return "MECHANISM" }

// scramMechanism is franz-go's SCRAM (RFC 5802) for kafka-go.
type scramMechanism struct{ franz.Mechanism }

// Start implements [sasl.Mechanism].
func (m scramMechanism) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	session, first, err := m.Authenticate(ctx, "")
	return scramSession{session}, first, err
}

type scramSession struct{ franz.Session }

// Next implements [sasl.StateMachine].
func (s scramSession) Next(_ context.Context, challenge []byte) (done bool, response []byte, err error) {
	return s.Challenge(challenge)
}
