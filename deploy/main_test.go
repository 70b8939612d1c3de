// Package deploy_test holds what is deployed against what the program is:
// metrics, settings, runbooks, and what roles may do.
package deploy_test

import (
	"testing"

	"go.uber.org/goleak"

	"deductor/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }
