package main

// mutant is a defence taken out of the code.
type mutant struct {
	name    string
	defence string
	file    string
	// before stands in the file once, after takes its place.
	before, after string
	packages      []string
}

var (
	settlePackage   = []string{"./consumer/settle"}
	consumerPackage = []string{"./consumer"}
	intakePackage   = []string{"./consumer/intake"}
	ledgerPackage   = []string{"./ledger"}
	dedupePackage   = []string{"./dedupe"}
)

var mutants = []mutant{
	{"fence", "a worker that no longer owns a partition commits nothing",
		"consumer/settle/fence.go", "if len(losses) == 0 {", "if true {", settlePackage},
	{"fence-epoch", "the fence asks for the epoch of the assignment",
		"consumer/settle/queries/fence.sql", "AND w.epoch = s.epoch AND", "AND", settlePackage},
	{"fence-position", "the fence asks for a watermark that is not behind",
		"consumer/settle/queries/fence.sql", "AND w.next_offset >= s.start_offset", "", settlePackage},
	{"epoch-raised", "each assignment raises the epoch",
		"consumer/settle/queries/assign_watermark.sql", "epoch = w.epoch + 1", "epoch = w.epoch", settlePackage},
	{"watermark-rises", "a replay does not lower the watermark",
		"consumer/settle/queries/fence.sql", "greatest(w.next_offset, s.end_offset)", "s.end_offset", settlePackage},
	{"lock-order", "accounts are locked in the order of their ids",
		"ledger/queries/lock_customers.sql", " ORDER BY a.id\n", "", ledgerPackage},
	{"lock", "customers' accounts are locked before they are read",
		"ledger/queries/lock_customers.sql", "   FOR NO KEY UPDATE\n", "", ledgerPackage},
	{"overdraft", "a debit does not pass the overdraft limit",
		"ledger/book.go", "if debit.available() < uint64(p.Amount) {", "if false {", ledgerPackage},
	{"rows-counted", "an update that misses an account fails",
		"ledger/queries/update_balances.sql", "SELECT expect_rows(count(*), $3::bigint, 'account') FROM changed",
		"SELECT $3::bigint FROM changed", ledgerPackage},
	{"dedupe-key", "an order that another transaction answered is not answered again",
		"dedupe/queries/insert.sql", "$7::text[], $8::jsonb[], $9::integer[], $10::bigint[])",
		"$7::text[], $8::jsonb[], $9::integer[], $10::bigint[]) ON CONFLICT DO NOTHING", dedupePackage},
	{"find", "an order that was answered is found",
		"consumer/settle/transaction.go", "t.register.QueueFind(batch, t.orderIDs())", "", settlePackage},
	{"conflict", "another payload under a known order is never applied",
		"dedupe/register.go", "if answer.Fingerprint == fingerprint {", "if true {", dedupePackage},
	{"attempt", "an applied order is never decided again",
		"dedupe/register.go", "known.current.Outcome == Declined && attempt", "attempt", dedupePackage},
	{"synchronous-commit", "a commit is on disk before it counts",
		"consumer/settle/queries/limits.sql", "ELSE 'on' END", "ELSE 'off' END", settlePackage},
	{"unknown-commit", "a batch of which it is not known whether it was committed is run again",
		"consumer/settle/settler.go", "if kind == refused && singleOut(batch, err) {",
		"if kind == unavailable {\n\t\t\treturn counts, nil\n\t\t}\n\t\tif kind == refused && singleOut(batch, err) {",
		settlePackage},
	{"single-out", "a command that the database refuses does not stop the others",
		"consumer/settle/failure.go", `if strings.HasPrefix(pgErr.Code, "22") {`,
		`if strings.HasPrefix(pgErr.Code, "??") {`, settlePackage},
	{"start-minimum", "the lower one of committed offset and watermark is the start",
		"consumer/settle/start.go", "min(*f.Committed, *f.Watermark)", "max(*f.Committed, *f.Watermark)", settlePackage},
	{"start-lost-database", "a group's offset without a watermark halts",
		"consumer/settle/start.go", "case f.Watermark == nil && f.Committed == nil:", "case f.Watermark == nil:",
		settlePackage},
	{"start-retention", "records removed before they were read halt the partition",
		"consumer/settle/start.go", "case start < f.LogStart:", "case false:", settlePackage},
	{"start-topic-id", "a topic that was recreated halts the partition",
		"consumer/settle/start.go", "case f.WatermarkTopicID != f.TopicID:", "case false:", settlePackage},
	{"aborted-filter", "records of aborted transactions are not delivered",
		"consumer/intake/decode.go", "IsolationLevel: kgo.ReadCommitted(),", "", intakePackage},
	{"gap", "a hole in the log halts the partition",
		"consumer/intake/scan.go", "if b.base > expected {", "if false {", intakePackage},
	{"offset-last", "offsets are committed after the database",
		"consumer/lane.go", "counts, err := l.settler.Settle(batch.ctx, l.decode(portions))",
		"for i := range portions {\n\t\t\tportions[i].settled()\n\t\t}\n\t\t" +
			"counts, err := l.settler.Settle(batch.ctx, l.decode(portions))", consumerPackage},
	{"offset-committed", "the group's offset follows",
		"consumer/assignment.go", "h.offsets.flush()", "", consumerPackage},
}
