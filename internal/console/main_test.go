package console

import (
	"testing"

	"go.uber.org/goleak"

	"deductor/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }
