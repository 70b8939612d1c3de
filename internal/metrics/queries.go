package metrics

import _ "embed"

var (
	//go:embed queries/limit_read.sql
	limitReadSQL string
)
