package main

var dedupeMutants = []mutant{
	{"dedupe-key", "an order that another transaction answered is not answered again",
		"dedupe/queries/insert.sql", "$7::text[], $8::jsonb[], $9::integer[], $10::bigint[])",
		"$7::text[], $8::jsonb[], $9::integer[], $10::bigint[]) ON CONFLICT DO NOTHING", dedupe("TestPromise1")},
	{"conflict", "another payload under a known order is never applied",
		"dedupe/register.go", "if answer.Fingerprint == fingerprint {", "if true {", dedupe("TestPromise3")},
	{"attempt", "an applied order is never decided again",
		"dedupe/register.go", "known.current.Outcome == Declined && attempt", "attempt", dedupe("TestPromise3|TestPromise1")},
	{"save-sorted", "new orders are written in the order of their ids",
		"dedupe/save.go", "queueInsert(batch, sorted(r.added))", "queueInsert(batch, r.added)",
		dedupe("TestNewOrdersAreSavedInOneOrder")},
	{"save-retried-sorted", "retried orders are written in the order of their ids",
		"dedupe/save.go", "range sorted(r.retried)", "range r.retried", dedupe("Deadlock|TestNewOrders")},
	{"sorted-whole", "ids that begin alike are sorted by what follows",
		"dedupe/sorted.go", "return cmp.Compare(a.order.current.OrderID, b.order.current.OrderID)", "return 0",
		dedupe("Deadlock|TestNewOrders")},
	{"save-new-first", "new orders are written before retried ones",
		"dedupe/save.go", "\t\tqueueInsert(batch, sorted(r.added))", "\t\tdefer queueInsert(batch, sorted(r.added))",
		dedupe("TestNewOrders")},
	{"superseded-once", "an attempt is superseded by one transaction",
		"dedupe/queries/supersede.sql", "SELECT expect_superseded(count(*), $1, $2) FROM superseded",
		"SELECT $1, $2::integer, count(*) FROM superseded", dedupe("TestPromise1")},
}

var ledgerMutants = []mutant{
	{"lock-order", "accounts are locked in the order of their ids",
		"ledger/queries/lock_customers.sql", " ORDER BY a.id\n", "", ledger("TestLocksAreTaken")},
	{"lock", "customers' accounts are locked before they are read",
		"ledger/queries/lock_customers.sql", "   FOR NO KEY UPDATE\n", "", ledger("TestLockReads|TestLockWaits")},
	{"overdraft", "a debit does not pass the overdraft limit",
		"ledger/book.go", "if !debit.affords(p.Amount) {", "if false {", ledger("TestTransfer")},
	{"overdraft-check", "the database refuses a balance below the overdraft limit",
		"ledger/migrations/001_ledger.up.sql", "CHECK (kind <> 'customer' OR balance >= -overdraft_limit)", "CHECK (true)",
		ledger("TestOverdraftCheck")},
	{"overflow", "a balance that 64 bits do not hold is refused",
		"ledger/book.go", "if !credit.takes(p.Amount) {", "if false {",
		ledger("TestTransfer")},
	{"overflow-debit", "debits that 64 bits do not hold are refused",
		"ledger/book.go", "if debit.delta < math.MinInt64+p.Amount {", "if false {", ledger("TestTransfer")},
	{"money-bigint", "money is no numeric, which would take NaN for more than any limit",
		"ledger/migrations/001_ledger.up.sql", "    amount         bigint      NOT NULL,",
		"    amount         numeric     NOT NULL,", ledger("TestMoney")},
	{"aggregate", "what a transaction moves on an account is added up before the update",
		"ledger/post.go", "batch.Queue(updateBalancesSQL, ids, deltas, lows, highs, len(ids))",
		"n := len(ids)\n\t\tids, deltas, lows, highs = nil, nil, nil, nil\n\t\tfor i := range b.transfers {\n" +
			"\t\t\tt := &b.transfers[i]\n" +
			"\t\t\tids, deltas = append(ids, t.DebitAccount), append(deltas, -t.Amount)\n" +
			"\t\t\tlows, highs = append(lows, -1<<62), append(highs, 1<<62)\n" +
			"\t\t\tif t.CreditStripe == nil {\n" +
			"\t\t\t\tids, deltas = append(ids, t.CreditAccount), append(deltas, t.Amount)\n" +
			"\t\t\t\tlows, highs = append(lows, -1<<62), append(highs, 1<<62)\n\t\t\t}\n\t\t}\n" +
			"\t\tbatch.Queue(updateBalancesSQL, ids, deltas, lows, highs, n)", ledger("TestPostAggregates")},
	{"moved", "a balance that another transaction changed since it was read is looked at again",
		"ledger/queries/update_balances.sql", "AND a.balance BETWEEN c.low AND c.high ", "",
		settle("TestPromise5_Decisions")},
	{"moved-closed", "an account that was closed since it was read is not debited",
		"ledger/queries/update_balances.sql", " AND a.closed_at IS NULL", "", settle("TestPromise5_Decisions")},
	{"moved-decline", "a decline is not for a balance that is another one when it is written",
		"ledger/post.go", "if account.delta != 0 || account.decidedOn() && !b.locked {", "if account.delta != 0 {",
		settle("TestPromise5_Decisions")},
	{"copy-key", "an order that another transaction answered is refused by COPY, too",
		"dedupe/migrations/001_processed.up.sql", "CONSTRAINT processed_pkey PRIMARY KEY (order_id)",
		"CONSTRAINT processed_pkey PRIMARY KEY (order_id, attempt, source_position)", dedupe("TestCopyOf|TestPromise1")},
	{"stripes-sorted", "stripes are credited in the order of their accounts",
		"ledger/post.go", "slices.SortFunc(changed, func(a, b *entry) int { return cmp.Compare(a.id, b.id) })",
		"_ = cmp.Compare[int]\n\t_ = slices.Sort[[]int]", ledger("TestStripesAreCreditedInOneOrder")},
	{"rows-counted", "an update that misses an account fails",
		"ledger/queries/update_balances.sql", "SELECT expect_rows(count(*), $5::bigint, 'account') FROM changed",
		"SELECT $5::bigint FROM changed", ledger("TestPostFails")},
}
