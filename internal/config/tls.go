package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"

	"github.com/spf13/pflag"
)

// Encryption says whether connections to Kafka are encrypted.
type Encryption struct {
	// Enabled turns TLS on. Defaults to plain text.
	Enabled bool
	// CAFile holds the certificates, in PEM, of those who may vouch for the
	// brokers. Defaults to the system's. Giving it turns TLS on.
	CAFile string
}

func (e *Encryption) bind(flags *pflag.FlagSet) {
	flags.BoolVar(&e.Enabled, "kafka-tls", false, "encrypt connections to Kafka")
	flags.StringVar(&e.CAFile, "kafka-tls-ca-file", "",
		"PEM `FILE` of the certificates to trust in place of the system's; turns --kafka-tls on")
	optional(flags, "kafka-tls", "kafka-tls-ca-file")
}

// config returns nil for plain text.
func (e *Encryption) config() (*tls.Config, error) {
	if !e.Enabled && e.CAFile == "" {
		return nil, nil
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if e.CAFile == "" {
		return settings, nil
	}
	pem, err := os.ReadFile(e.CAFile)
	if err != nil {
		return nil, &InvalidError{Flag: "kafka-tls-ca-file", Err: err}
	}
	settings.RootCAs = x509.NewCertPool()
	if !settings.RootCAs.AppendCertsFromPEM(pem) {
		return nil, &InvalidError{
			Flag: "kafka-tls-ca-file", Err: errors.New(e.CAFile + " holds no certificate in PEM"),
		}
	}
	return settings, nil
}
