package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deductor/internal/config"
	printing "deductor/internal/printable"
)

func newHealthcheck() *cobra.Command {
	var admin config.Admin
	var ready bool
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a worker on this host whether it is well",
		Long: `Ask the worker on this host whether it is alive, or with --ready whether it can do
its work. Exit code 0 when it is, 1 when not: made for HEALTHCHECK of a container.`,
		Example: "  deductor healthcheck\n  deductor healthcheck --ready --admin-addr 127.0.0.1:8322",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := admin.Validate(); err != nil {
				return usage(err)
			}
			path := "/livez"
			if ready {
				path = "/readyz"
			}
			said, err := askAdmin(cmd.Context(), "http://"+dialable(admin.Addr)+path)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(printing.Lines([]byte(said)))
			return err
		},
	}
	admin.Bind(cmd.Flags())
	cmd.Flags().BoolVar(&ready, "ready", false, "ask whether it can do its work, too")
	return cmd
}

// dialable is an address to reach a server at that listens on addr, host:port.
func dialable(addr string) string {
	host, port, _ := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

const (
	healthTimeout  = 5 * time.Second
	maxHealthBytes = 64 << 10
)

// askAdmin returns what the server says, as an error when it says no.
func askAdmin(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("the worker does not answer: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxHealthBytes))
	if err != nil {
		return "", fmt.Errorf("the worker does not answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the worker says %s: %s", response.Status, strings.TrimSpace(string(body)))
	}
	return string(body), nil
}
