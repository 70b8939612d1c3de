package dedupe

import _ "embed"

var (
	//go:embed queries/find.sql
	findSQL string
	//go:embed queries/find_earlier.sql
	findEarlierSQL string
	//go:embed queries/insert.sql
	insertSQL string
	//go:embed queries/keep_superseded.sql
	keepSupersededSQL string
	//go:embed queries/supersede.sql
	supersedeSQL string
)
