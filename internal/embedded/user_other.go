//go:build !linux

package embedded

import (
	"errors"
	"fmt"
)

// runAs is for Linux: elsewhere credentials are the process's.
func runAs(int, int, func() error) error {
	return fmt.Errorf("root cannot run Postgres here, run as another user: %w", errors.ErrUnsupported)
}
