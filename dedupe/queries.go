package dedupe

import _ "embed"

var (
	//go:embed queries/analyze_kept.sql
	analyzeKeptSQL string
	//go:embed queries/copy.sql
	copySQL string
	//go:embed queries/count_pages.sql
	countPagesSQL string
	//go:embed queries/count_processed.sql
	countProcessedSQL string
	//go:embed queries/create_gone.sql
	createGoneSQL string
	//go:embed queries/create_kept.sql
	createKeptSQL string
	//go:embed queries/current_horizon.sql
	currentHorizonSQL string
	//go:embed queries/expect_horizon.sql
	expectHorizonSQL string
	//go:embed queries/find.sql
	findSQL string
	//go:embed queries/find_earlier.sql
	findEarlierSQL string
	//go:embed queries/index_kept.sql
	indexKeptSQL string
	//go:embed queries/insert.sql
	insertSQL string
	//go:embed queries/insert_horizon.sql
	insertHorizonSQL string
	//go:embed queries/keep_superseded.sql
	keepSupersededSQL string
	//go:embed queries/list_horizons.sql
	listHorizonsSQL string
	//go:embed queries/match.sql
	matchSQL string
	//go:embed queries/prune.sql
	pruneSQL string
	//go:embed queries/supersede.sql
	supersedeSQL string
)
