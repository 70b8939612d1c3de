package config

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// FuzzBrokers checks that a list is read as it is written again.
func FuzzBrokers(f *testing.F) {
	f.Add("a:1, b:2,")
	f.Add(",, ,\x00,\u2028")
	f.Add("[::1]:9092,host\n")
	f.Fuzz(func(t *testing.T, list string) {
		var brokers, again Brokers
		if err := brokers.Set(list); err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(brokers, func(b string) bool {
			return b == "" || strings.TrimSpace(b) != b || strings.Contains(b, ",")
		}) {
			t.Fatalf("%q is read as %q", list, brokers)
		}
		if err := again.Set(brokers.String()); err != nil || !slices.Equal(again, brokers) {
			t.Fatalf("%q is read as %q, and that again as %q", list, brokers, again)
		}
		if cluster, err := (&Kafka{Brokers: brokers, Topic: "t"}).Cluster(); err == nil {
			cluster.Close()
		} else if invalid := new(InvalidError); !errors.As(err, &invalid) || strings.Contains(err.Error(), "\n") {
			t.Fatalf("%q: %v", list, err)
		}
	})
}

// marks stand at both ends of a password, and in no text of pgx's or of ours.
const markBegin, markEnd = "kw4z", "q9jp"

// FuzzDatabaseURL checks that no password, in whatever place and however it
// breaks the string, is told by the error.
func FuzzDatabaseURL(f *testing.F) {
	f.Add("x", "h:5432/d", byte(0))
	f.Add("/", "h/d?sslmode=maybe", byte(0))
	f.Add("%zz", "h/d", byte(0))
	f.Add("' \\", "port=x", byte(1))
	f.Add("&sslmode=maybe", "pool_max_conns=x", byte(2))
	f.Add("@[", "]:/#?", byte(0))
	f.Add(":", "sslkey=/nonexistent", byte(3))
	f.Fuzz(func(t *testing.T, middle, rest string, form byte) {
		password := markBegin + middle + markEnd
		forms := []string{
			"postgres://u:" + password + "@" + rest,
			"host=h user=u password=" + password + " " + rest,
			"postgres://u@h/d?password=" + password + "&" + rest,
			"host=h password='" + password + "' " + rest,
			"postgres://" + password + "@" + rest,
			"postgresql://u:p@h:5432/d?" + rest + "&sslpassword=" + password,
			password + rest,
		}
		database := Database{URL: forms[int(form)%len(forms)]}
		_, err := database.PoolConfig()
		if err == nil {
			return
		}
		var invalid *InvalidError
		if !errors.As(err, &invalid) {
			t.Fatalf("%T: %v", err, err)
		}
		if strings.Contains(err.Error(), markBegin) || strings.Contains(err.Error(), markEnd) {
			t.Fatalf("%q: the error tells of the password: %v", database.URL, err)
		}
	})
}

// FuzzSASL checks that no name, password or answer of a broker makes a handshake
// end in anything but an error without the password.
func FuzzSASL(f *testing.F) {
	f.Add("scram-sha-256", "me", "p=,w", []byte("r=abc,s=c2FsdA==,i=4096"))
	f.Add("scram-sha-512", "\u202e", "\x00", []byte("e=unknown-user"))
	f.Add("plain", "me", "\n", []byte{})
	f.Add("PLAIN", "", "", []byte("v="))
	f.Fuzz(func(t *testing.T, name, user, middle string, challenge []byte) {
		if strings.Contains(string(challenge), markBegin) || strings.Contains(user+name, markBegin) {
			return // the broker or the user tells it
		}
		password := markBegin + middle + markEnd
		authentication := Authentication{Username: user, Password: password}
		err := authentication.Mechanism.Set(name)
		if err == nil {
			err = shake(t, &authentication, challenge)
		}
		if err != nil && strings.Contains(err.Error(), markBegin) {
			t.Fatalf("the error tells the password: %v", err)
		}
	})
}

// shake runs a handshake with a broker that gives one answer for all.
func shake(t *testing.T, a *Authentication, challenge []byte) error {
	mechanism, err := a.mechanism()
	if err != nil {
		return err
	}
	if mechanism == nil {
		t.Fatal("there is a password, and no mechanism")
	}
	session, first, err := mechanism.Start(t.Context())
	if err != nil {
		return err
	}
	for step := 0; ; step++ {
		if a.Mechanism != "plain" && strings.Contains(string(first), markBegin) {
			t.Fatalf("%s sends the password: %q", a.Mechanism, first)
		}
		var done bool
		if done, first, err = session.Next(t.Context(), challenge); err != nil || done {
			return err
		}
		if step > 10 {
			t.Fatal("the handshake has no end")
		}
	}
}

// FuzzFile checks that no file ends in anything but values or problems, each with
// its place, and that none tells what a secret is.
func FuzzFile(f *testing.F) {
	for _, test := range wrongFiles {
		f.Add(test.content)
	}
	f.Add("database-url: |\n  postgres://u:kw4zq9jp@h/d\nlanes: {a: [1, 2\n")
	f.Add(strings.Repeat("[", 200) + "\r\n\x00\ufeff: ? - &x *x !!int <<: %TAG")
	f.Fuzz(func(t *testing.T, content string) {
		if len(content) > 4096 {
			return
		}
		file := newFile("f", []byte(content))
		problems, _ := file.Lint()
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Err == nil || strings.Contains(p.Text("f"), "\n") {
				t.Fatalf("%q: %+v", content, p)
			}
		}
	})
}

// FuzzFileSecret checks that a secret, in whatever way it breaks its line, is told
// by no problem of the file.
func FuzzFileSecret(f *testing.F) {
	f.Add("database-url: ", "", "\n")
	f.Add("database-url: \"", "\\q", "\n")
	f.Add("database-url ", ": ", "\nlanes: x")
	f.Add("kafka-sasl-password: [", "]: {", "\n")
	f.Add("", ": ", "x")
	f.Fuzz(func(t *testing.T, before, middle, after string) {
		if len(before)+len(middle)+len(after) > 1024 || strings.Contains(before, "file") {
			return
		}
		for _, key := range []string{"database-url", "kafka-sasl-password"} {
			content := "lanes: 4\n" + key + ": " + before + markBegin + "0" + middle + "0" + markEnd + after
			problems, warnings := newFile("f", []byte(content)).Lint()
			for _, p := range problems {
				if said := p.Text("f"); strings.Contains(said, markBegin) || strings.Contains(said, markEnd) {
					if p.Key != "" && p.Key != key {
						continue // the value of another key, which is no secret
					}
					t.Fatalf("%q: %s", content, said)
				}
			}
			if len(warnings) != 0 {
				t.Fatalf("%q: %q", content, warnings)
			}
		}
	})
}
