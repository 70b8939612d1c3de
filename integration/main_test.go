package integration

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
	"golang.org/x/sync/errgroup"
)

// suite is what all tests share. It is written by TestMain only.
var suite struct {
	binary   string // path of the deductor that is tested
	dir      string // for what is built
	broker   *broker
	postgres *postgres
	pooler   *pooler // nil without -pooler
}

func TestMain(m *testing.M) {
	// Tests wait for servers most of their time: more of them at once than there
	// are processors. -parallel wins.
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err) // it is a flag of package testing
	}
	flag.Parse()
	log.SetDefault(log.NewNoopLogger()) // what goes wrong is in the errors, too
	if err := dockerMissing(); err != nil {
		os.Exit(withoutDocker(err))
	}
	os.Exit(withDocker(m))
}

// withoutDocker runs no test and says so in the words that make go test add
// [no tests to run] to its ok. As m.Run is not called, go test does not keep the
// result for the time when there is an engine.
func withoutDocker(missing error) (code int) {
	fmt.Fprintf(os.Stderr, "integration: no Docker engine, so all tests on Apache Kafka and Postgres are left out: %v\n",
		missing)
	if os.Getenv("DEDUCTOR_REQUIRE_DOCKER") == "1" {
		return 1
	}
	fmt.Println("testing: warning: no tests to run")
	return 0
}

func withDocker(m *testing.M) (code int) {
	dir, err := os.MkdirTemp("", "deductor-integration-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "integration:", err)
		return 1
	}
	defer func() {
		if err := errors.Join(stop(), os.RemoveAll(dir)); err != nil {
			fmt.Fprintln(os.Stderr, "integration:", err)
			code = 1
		}
	}()
	if err := start(dir); err != nil {
		fmt.Fprintln(os.Stderr, "integration:", err)
		return 1
	}
	return m.Run()
}

// start builds the binary and starts the servers, side by side.
func start(dir string) error {
	suite.dir = dir
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		suite.binary, err = build(ctx, filepath.Join(dir, "deductor"))
		return err
	})
	group.Go(func() (err error) {
		suite.broker, err = startBroker(ctx)
		return err
	})
	group.Go(func() (err error) {
		suite.postgres, err = startPostgres(ctx)
		return err
	})
	if err := group.Wait(); err != nil || *poolerPath == "" {
		return err
	}
	var err error
	suite.pooler, err = startPooler(dir, *poolerPath, suite.postgres.addr)
	return err
}

func stop() error {
	return errors.Join(suite.pooler.stop(), suite.broker.stop(), suite.postgres.stop())
}

var buildFlags = []string{"build"}

func build(ctx context.Context, binary string, flags ...string) (string, error) {
	args := slices.Concat(buildFlags, flags, []string{"-o", binary, "deductor/cmd/deductor"})
	out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build deductor: %w\n%s", err, out)
	}
	return binary, nil
}

// chaosBinary is a build with crash points.
func chaosBinary(t *testing.T) string {
	t.Helper()
	binary, err := buildChaos()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

var buildChaos = sync.OnceValues(func() (string, error) {
	return build(context.Background(), filepath.Join(suite.dir, "deductor-chaos"), "-tags", "chaos")
})

// dockerMissing says why containers cannot be started; nil when they can.
func dockerMissing() (err error) {
	defer func() {
		if cause := recover(); cause != nil { // what testcontainers does when it finds no engine
			err = fmt.Errorf("%v", cause)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	provider, err := testcontainers.ProviderDocker.GetProvider()
	if err != nil {
		return err
	}
	return provider.Health(ctx)
}

// readSources reads the directories that the binary is made from. go test keeps
// a result for as long as what the tests read is as it was; it does not see what
// the go command reads for them, nor what is read before they run.
var readSources = sync.OnceValue(func() error {
	for _, name := range []string{"cmd", "consumer", "dedupe", "internal", "ledger"} {
		read := func(_ string, _ fs.DirEntry, err error) error { return err }
		if err := filepath.WalkDir(filepath.Join("..", name), read); err != nil {
			return err
		}
	}
	return nil
})
