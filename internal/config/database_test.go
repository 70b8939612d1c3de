package config

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPoolConfig(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]time.Duration{
		"postgres://u:p@h:5433/d":                                      10 * time.Second,
		"postgres://u:p@h:5433,h2:5434/d":                              10 * time.Second,
		"postgres://u:p@h:5433/d?connect_timeout=3":                    3 * time.Second,
		"host=h port=5433 user=u password=p dbname=d pool_max_conns=2": 10 * time.Second,
	} {
		database := Database{URL: url}
		parsed, err := database.PoolConfig()
		if err != nil {
			t.Fatalf("%s: %v", url, err)
		}
		conn := parsed.ConnConfig
		if conn.Host != "h" || conn.Port != 5433 || conn.Password != "p" || conn.Database != "d" ||
			conn.ConnectTimeout != want || conn.RuntimeParams["application_name"] != "deductor" {
			t.Errorf("%s: %s:%d/%s, timeout %v, parameters %v",
				url, conn.Host, conn.Port, conn.Database, conn.ConnectTimeout, conn.RuntimeParams)
		}
	}
	named := Database{URL: "postgres://u:p@h/d?application_name=mine"}
	parsed, err := named.PoolConfig()
	if err != nil || parsed.ConnConfig.RuntimeParams["application_name"] != "mine" {
		t.Errorf("the application's name was changed: %v", err)
	}
}

func TestPoolConfigTellsNoPassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://u:kw4z/q9jp@h:5432/d",
		"postgres://u:kw4zq9jp@h:kw4zq9jp/d",
		"postgres://u:kw4zq9jp%zz@h/d",
		"postgres://u:kw4z#q9jp@h/d",
		"postgres://u:kw4z?q9jp@h/d",
		"postgres://u:kw4z q9jp@h/d",
		"postgres://u:kw4z[q9jp@h/d",
		"postgres://u:kw4zq9jp@h/d?sslmode=maybe",
		"postgres://u:kw4zq9jp@h/d?pool_max_conns=x",
		"postgres://u@h/d?password=kw4zq9jp&sslmode=maybe",
		"host=h password=kw4zq9jp port=x",
		"host=h password='kw4z q9jp' port=x",
		"host=h password = 'kw4zq9jp' sslmode=maybe",
		"u:kw4zq9jp@h/d",
		"kw4zq9jp",
	} {
		database := Database{URL: url}
		_, err := database.PoolConfig()
		if err == nil {
			continue // Postgres would take it: nothing is told
		}
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Flag != "database-url" {
			t.Errorf("%s: %v is no *InvalidError", url, err)
		}
		if strings.Contains(err.Error(), "kw4z") || strings.Contains(err.Error(), "q9jp") {
			t.Errorf("%s: the error tells the password: %v", url, err)
		}
	}
	var missing *MissingError
	if _, err := new(Database).PoolConfig(); !errors.As(err, &missing) {
		t.Errorf("without a URL: %v", err)
	}
}
