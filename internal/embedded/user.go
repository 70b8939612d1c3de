package embedded

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"strconv"
)

// unprivileged is the user that Postgres runs as when this process is root:
// Postgres refuses to be root, and initdb wants a user that has a name.
const unprivileged = "nobody"

func isRoot() bool { return os.Geteuid() == 0 }

// asServerUser runs do as the user that Postgres runs as: this process's own,
// or nobody when this process is root. It returns early with an error when ctx
// ends first; do then runs on. What do does on goroutines of its own is not
// done as that user.
func asServerUser(ctx context.Context, do func() error) error {
	run := do
	if isRoot() {
		uid, gid, err := lookUp(unprivileged)
		if err != nil {
			return err
		}
		run = func() error { return runAs(uid, gid, do) }
	}
	done := make(chan error, 1)
	go func() { done <- run() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// provide makes dir and, as root, hands it to the user that Postgres runs as.
func provide(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // that user must get there
		return err
	}
	if !isRoot() {
		return nil
	}
	uid, gid, err := lookUp(unprivileged)
	if err != nil {
		return err
	}
	return os.Chown(dir, uid, gid)
}

func lookUp(name string) (uid, gid int, err error) {
	found, err := user.Lookup(name)
	if err != nil {
		return 0, 0, fmt.Errorf("root cannot run Postgres, and there is no other user for it: %w", err)
	}
	if uid, err = strconv.Atoi(found.Uid); err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(found.Gid)
	return uid, gid, err
}
