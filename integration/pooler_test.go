package integration

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

var poolerPath = flag.String("pooler", "",
	"the `PATH` of PgBouncer (1.21 or newer), through which the database is then reached, in transaction mode")

// pooler is a PgBouncer in front of the suite's database server.
type pooler struct {
	cmd  *exec.Cmd
	addr string
}

// Sessions of the server are soon ended, so that databases can be copied.
const poolerSettings = `
[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
auth_type = scram-sha-256
auth_file = %s
pool_mode = transaction
max_prepared_statements = 200
default_pool_size = 20
max_client_conn = 500
server_idle_timeout = 1
`

func startPooler(dir, path, server string) (*pooler, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(server)
	_, own, _ := net.SplitHostPort(addr)
	settings, users := filepath.Join(dir, "pgbouncer.ini"), filepath.Join(dir, "users.txt")
	// It refuses to run as root, so another user has to read them.
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // what is in it is known to all
		return nil, err
	}
	for name, content := range map[string]string{
		settings: fmt.Sprintf(poolerSettings, host, port, own, users),
		users:    fmt.Sprintf("%q \"worker\"\n\"postgres\" \"owner\"\n", workerRole),
	} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil { //nolint:gosec // as above
			return nil, err
		}
	}
	args := []string{settings}
	if os.Getuid() == 0 {
		args = append(args, "--user", "nobody")
	}
	p := &pooler{cmd: exec.Command(path, args...), addr: addr}
	said := &output{}
	p.cmd.Stdout, p.cmd.Stderr = said, said
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the pooler: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return p, conn.Close()
		}
		select {
		case <-ctx.Done():
			return p, fmt.Errorf("%s does not answer: %w\n%s", path, err, said)
		case <-ticker.C:
		}
	}
}

func (p *pooler) stop() error {
	if p == nil {
		return nil
	}
	err := p.cmd.Process.Kill()
	_ = p.cmd.Wait() // it was killed
	return err
}
