package migrate

// What the package does with the components of a test.
var (
	UpOf     = up
	StatusOf = status
	CheckOf  = check
	SQLOf    = script
	GrantsOf = grants
	Load     = load
)
