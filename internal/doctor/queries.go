package doctor

import _ "embed" // the queries

var (
	//go:embed queries/identity.sql
	identitySQL string
	//go:embed queries/settings.sql
	settingsSQL string
	//go:embed queries/clock.sql
	clockSQL string
	//go:embed queries/connections.sql
	connectionsSQL string
	//go:embed queries/rights.sql
	rightsSQL string
	//go:embed queries/too_much.sql
	tooMuchSQL string
	//go:embed queries/standbys.sql
	standbysSQL string
	//go:embed queries/settlements.sql
	settlementsSQL string
	//go:embed queries/dead_letters.sql
	deadLettersSQL string
)
