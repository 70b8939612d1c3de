package config

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// secureBroker is a broker that speaks TLS with a certificate of its own, and
// knows the user me with the password secret.
func secureBroker(t *testing.T) (broker, caFile string) {
	t.Helper()
	certificate, encoded := selfSigned(t)
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.SeedTopics(1, "payments"),
		kfake.TLS(&tls.Config{Certificates: []tls.Certificate{certificate}}),
		kfake.EnableSASL(),
		kfake.Superuser("PLAIN", "me", "secret"),
		kfake.Superuser("SCRAM-SHA-256", "me", "secret"),
		kfake.Superuser("SCRAM-SHA-512", "me", "secret"),
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, encoded, 0o600); err != nil {
		t.Fatal(err)
	}
	return cluster.ListenAddrs()[0], caFile
}

func selfSigned(t *testing.T) (certificate tls.Certificate, encoded []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	encoded = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, encoded
}

func TestKafkaSecurity(t *testing.T) {
	t.Parallel()
	broker, caFile := secureBroker(t)
	_, otherCAFile := secureBroker(t)
	as := func(m Mechanism, password string) Authentication { return Authentication{m, "me", password} }
	for name, test := range map[string]struct {
		encryption     Encryption
		authentication Authentication
		ok, permanent  bool
	}{
		"plain":                {Encryption{CAFile: caFile}, as("plain", "secret"), true, false},
		"scram-sha-256":        {Encryption{CAFile: caFile}, as("scram-sha-256", "secret"), true, false},
		"scram-sha-512":        {Encryption{CAFile: caFile, Enabled: true}, as("scram-sha-512", "secret"), true, false},
		"plain, wrong":         {Encryption{CAFile: caFile}, as("plain", "guess"), false, false},
		"scram-sha-256, wrong": {Encryption{CAFile: caFile}, as("scram-sha-256", "guess"), false, false},
		"unknown certificate":  {Encryption{Enabled: true}, as("plain", "secret"), false, true},
		"another certificate":  {Encryption{CAFile: otherCAFile}, as("plain", "secret"), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := Kafka{
				Brokers: []string{broker}, Topic: "payments",
				Encryption: test.encryption, Authentication: test.authentication,
			}
			cluster, err := settings.Cluster()
			if err != nil {
				t.Fatal(err)
			}
			defer cluster.Close()
			// This broker hangs up on a wrong password, where others say so.
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err = cluster.Topic(ctx)
			if (err == nil) != test.ok {
				t.Errorf("the broker says: %v", err)
			}
			if test.permanent && errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("it was tried until the time was up: %v", err)
			}
		})
	}
}

func TestMechanisms(t *testing.T) {
	t.Parallel()
	for mechanism, want := range map[Mechanism]string{
		"plain": "PLAIN", "scram-sha-256": "SCRAM-SHA-256", "scram-sha-512": "SCRAM-SHA-512",
	} {
		settings := Kafka{Authentication: Authentication{mechanism, "me", "secret"}}
		if _, got, err := settings.Security(); err != nil || got.Name() != want {
			t.Errorf("%s: %v, %v", mechanism, got, err)
		}
	}
}

func TestKafkaSecurityIncomplete(t *testing.T) {
	t.Parallel()
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, settings := range map[string]Kafka{
		"user without mechanism": {Authentication: Authentication{Username: "me"}},
		"no user":                {Authentication: Authentication{Mechanism: "plain", Password: "secret"}},
		"no password":            {Authentication: Authentication{Mechanism: "plain", Username: "me"}},
		"no such file":           {Encryption: Encryption{CAFile: "/nonexistent"}},
		"not PEM":                {Encryption: Encryption{CAFile: notPEM}},
	} {
		_, _, err := settings.Security()
		var missing *MissingError
		var invalid *InvalidError
		if !errors.As(err, &missing) && !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := settings.Transport(); err == nil {
			t.Errorf("%s: there is a transport", name)
		}
	}
	encryption, mechanism, err := new(Kafka).Security()
	if encryption != nil || mechanism != nil || err != nil {
		t.Errorf("of nothing: %v, %v, %v", encryption, mechanism, err)
	}
}

func TestKafkaClusterRefusesAddress(t *testing.T) {
	t.Parallel()
	settings := Kafka{Brokers: []string{"host"}, Topic: "payments"}
	_, err := settings.Cluster()
	var invalid *InvalidError
	if !errors.As(err, &invalid) || invalid.Flag != "kafka-brokers" {
		t.Errorf("got %v", err)
	}
}
