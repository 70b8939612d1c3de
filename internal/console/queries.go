package console

import _ "embed"

var (
	//go:embed queries/counters.sql
	countersSQL string
	//go:embed queries/limit.sql
	limitSQL string
)
