package bench

import (
	"context"
	_ "embed"
	"fmt"
	"runtime"

	"github.com/jackc/pgx/v5"
)

//go:embed queries/settings.sql
var settingsSQL string

// Machine is where it was measured.
type Machine struct {
	OS       string `json:"os"`
	CPUs     int    `json:"cpus"`
	Go       string `json:"go"`
	Embedded bool   `json:"embedded"`
	// Postgres are the settings that matter, and server_version.
	Postgres map[string]string `json:"postgres"`
}

func (p *place) machine(ctx context.Context) (Machine, error) {
	m := Machine{
		OS: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version(),
		Embedded: p.postgres != nil, Postgres: make(map[string]string),
	}
	rows, err := p.conn.Query(ctx, settingsSQL)
	if err != nil {
		return m, fmt.Errorf("read Postgres' settings: %w", err)
	}
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		m.Postgres[name] = value
		return nil
	})
	return m, err
}
