package config

import (
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Connections to Postgres find out by themselves that the server is gone.
func TestConnectionsAreProbed(t *testing.T) {
	t.Parallel()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	database := Database{URL: "postgres://" + server.Addr().String() + "/d"}
	settings, err := database.PoolConfig()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := settings.ConnConfig.DialFunc(t.Context(), "tcp", server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for name, option := range map[string][3]int{
		"SO_KEEPALIVE":     {unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		"TCP_KEEPIDLE":     {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 15},
		"TCP_KEEPINTVL":    {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 5},
		"TCP_KEEPCNT":      {unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3},
		"TCP_USER_TIMEOUT": {unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 30_000},
	} {
		var got int
		var failed error
		ask := func(fd uintptr) { got, failed = unix.GetsockoptInt(int(fd), option[0], option[1]) }
		if err := raw.Control(ask); err != nil {
			t.Fatal(err)
		}
		if got != option[2] || failed != nil {
			t.Errorf("%s is %d, %v, want %d", name, got, failed, option[2])
		}
	}
}

// A Unix socket has no such options, and is none the worse for it.
func TestUnixSocketsConnect(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	server, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	conn, err := dialer(connectTimeout).DialContext(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}
