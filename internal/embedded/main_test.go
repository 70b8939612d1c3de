package embedded

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// childCache makes a run of this test binary a process that starts a Postgres
// from the cache named by it, and keeps it until standard input ends.
const childCache = "DEDUCTOR_TEST_CHILD_CACHE"

func TestMain(m *testing.M) {
	if cache := os.Getenv(childCache); cache != "" {
		if err := runChild(cache); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if isRoot() { // a group more, to see it gone in the server
		if err := syscall.Setgroups([]int{0, 65531}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

func runChild(cache string) error {
	p, err := StartPostgres(context.Background(), PostgresConfig{CacheDir: cache, Volatile: true})
	if err != nil {
		return err
	}
	fmt.Println(p.URL())
	fmt.Println(p.dataDir)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return p.Stop()
}

// child is a process with a Postgres.
type child struct {
	*exec.Cmd
	stdin        io.Closer
	url, dataDir string
}

// startChild runs prepare on the command before it starts it.
func startChild(cache string, prepare func(*exec.Cmd)) (*child, error) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childCache+"="+cache)
	cmd.Stderr = os.Stderr
	prepare(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{Cmd: cmd, stdin: stdin}
	lines := bufio.NewScanner(stdout)
	for _, into := range []*string{&c.url, &c.dataDir} {
		if !lines.Scan() {
			return nil, fmt.Errorf("the child, see above: %w", cmd.Wait())
		}
		*into = lines.Text()
	}
	return c, nil
}

func (c *child) end() error {
	if err := c.stdin.Close(); err != nil {
		return err
	}
	return c.Wait()
}
