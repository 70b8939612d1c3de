package main

var startMutants = []mutant{
	{"start-minimum", "the lower one of committed offset and watermark is the start",
		"consumer/settle/start.go", "min(*f.Committed, *f.Watermark)", "max(*f.Committed, *f.Watermark)",
		settle("TestStartOffset")},
	{"start-watermark", "an offset that was reset is a replay, though the watermark is beyond it",
		"consumer/settle/start.go", "min(*f.Committed, *f.Watermark)", "*f.Watermark", settle("TestStartOffset")},
	{"start-lost-database", "a group's offset without a watermark halts",
		"consumer/settle/start.go", "case f.Watermark == nil && f.Committed == nil:", "case f.Watermark == nil:",
		settle("TestStartOffset")},
	{"start-retention", "records removed before they were read halt the partition",
		"consumer/settle/start.go", "case start < f.LogStart:", "case false:", settle("TestStartOffset")},
	{"start-beyond-end", "a log that is shorter than what was read halts the partition",
		"consumer/settle/start.go", "case start > f.LogEnd:", "case false:", settle("TestStartOffset")},
	{"start-topic-id", "a topic that was recreated halts the partition",
		"consumer/settle/start.go", "case f.WatermarkTopicID != f.TopicID:", "case false:", settle("TestStartOffset")},
	{"leader-epoch", "the leader epoch of the record before the start is taken up",
		"consumer/settle/acquire.go", "position.LeaderEpoch = stored.leaderEpoch", "", settle("TestAcquire")},
	{"halt-stays", "a halt that only an operator can judge stays",
		"consumer/settle/acquire.go", "if halted && !healing[halt.Reason] {", "if halted && halt.Reason == `` {",
		settle("TestAcquireStaysHalted")},
	{"halt-fences", "a partition that cannot be taken over is taken from its former owner",
		"consumer/settle/acquire.go", "if _, err := tx.Exec(ctx, fenceOffSQL, key.Group, key.Topic, key.Partition, epoch); " +
			"err != nil {\n\t\treturn err\n\t}\n\treturn recordHalt(ctx, tx, key, halt)",
		"_ = epoch\n\treturn recordHalt(ctx, tx, key, halt)", settle("TestAcquire|RandomHistories")},
}

var fenceMutants = []mutant{
	{"fence", "a worker that no longer owns a partition commits nothing",
		"consumer/settle/fence.go", "if len(losses) == 0 {", "if true {", settle("TestPromise1_Zombie")},
	{"fence-first", "the fence is checked before anything is written or committed",
		"consumer/settle/transaction.go", "if err := t.admission.check(ctx, conn); err != nil {",
		"if err := t.admission.check(ctx, conn); err != nil {\n" +
			"\t\t_ = t.decide()\n\t\t_ = t.explainConflicts(ctx, conn)\n\t\t_ = t.write(ctx, conn)",
		settle("TestPromise1_Zombie")},
	{"fence-epoch", "the fence asks for the epoch of the assignment",
		"consumer/settle/queries/fence.sql", "AND w.epoch = s.epoch AND", "AND", settle("TestPromise1_Zombie")},
	{"fence-position", "the fence asks for a watermark that is not behind",
		"consumer/settle/queries/fence.sql", "AND w.next_offset >= s.start_offset", "", settle("TestPromise1_Zombie")},
	{"fence-source", "the fence asks for the partition's row of source",
		"consumer/settle/queries/fence.sql", "AND w.source_id = s.source_id", "", settle("TestPromise1_Zombie")},
	{"epoch-raised", "each assignment raises the epoch",
		"consumer/settle/queries/assign_watermark.sql", "epoch = w.epoch + 1", "epoch = w.epoch",
		settle("TestAcquireRaises")},
	{"watermark-rises", "a replay does not lower the watermark",
		"consumer/settle/queries/fence.sql", "greatest(w.next_offset, s.end_offset)", "s.end_offset",
		settle("TestReread")},
	{"leader-epoch-kept", "a replay does not change the leader epoch before the watermark",
		"consumer/settle/queries/fence.sql", "ELSE w.leader_epoch END", "ELSE s.leader_epoch END", settle("TestReread")},
}

var settleMutants = []mutant{
	{"find", "an order that was answered is found",
		"consumer/settle/transaction.go", "t.register.QueueFind(batch, t.orderIDs())", "", settle("TestPromise3_Duplicate")},
	{"find-by-watermark", "an order is looked for wherever its record stands: the watermark does not tell what is new",
		"consumer/settle/transaction.go", "t.register.QueueFind(batch, t.orderIDs())",
		"var below bool\n\t\t_ = conn.QueryRow(ctx, `SELECT next_offset > $2 FROM watermark WHERE partition = $1`,\n" +
			"\t\t\tt.batch[0].Key.Partition, t.batch[0].Start).Scan(&below)\n" +
			"\t\tif below {\n\t\t\tt.register.QueueFind(batch, t.orderIDs())\n\t\t}",
		settle("TestPromise3_Duplicate|TestPromise3_Attempt")},
	{"answer-below-watermark", "a record below the watermark is answered, not left out",
		"consumer/settle/transaction.go", "t.admission.queue(batch)",
		"for i := range t.batch {\n\t\tvar next int64\n\t\tslice := &t.batch[i]\n" +
			"\t\t_ = conn.QueryRow(ctx, `SELECT next_offset FROM watermark WHERE partition = $1`,\n" +
			"\t\t\tslice.Key.Partition).Scan(&next)\n" +
			"\t\tfor len(slice.Items) > 0 && slice.Items[0].Record.Offset < next {\n" +
			"\t\t\tslice.Items = slice.Items[1:]\n\t\t}\n\t}\n\tt.admission.queue(batch)",
		settle("TestPromise1_Unknown|TestPromise3_Duplicate")},
	{"synchronous-commit", "a commit is on disk before it counts",
		"consumer/settle/queries/limits.sql", "ELSE 'on' END", "ELSE 'off' END", settle("TestCommitIsSynchronous")},
	{"unknown-commit", "a batch of which it is not known whether it was committed is run again",
		"consumer/settle/settler.go", "if kind == refused && singleOut(batch, err) {",
		"if kind == unavailable {\n\t\t\treturn counts, nil\n\t\t}\n\t\tif kind == refused && singleOut(batch, err) {",
		settle("TestPromise1_Unknown")},
	{"ids-given-up", "transfer ids that were reserved on a lost connection are not used",
		"consumer/settle/settler.go", "s.ids = ledger.IDs{}", "", settle("TestTransferIDs")},
	{"retry-deadlock", "a batch that met a deadlock is run again",
		"consumer/settle/failure.go", `"40001", "40P01",`, `"40001",`, settle("TestClassify|TestContention")},
	{"retry-unique", "a batch that met another one's order is run again",
		"consumer/settle/failure.go", `"55P03", "23505":`, `"55P03":`, settle("TestClassify|TestContention")},
	{"single-out", "a command that the database refuses does not stop the others",
		"consumer/settle/failure.go", `if strings.HasPrefix(pgErr.Code, "22") {`,
		`if strings.HasPrefix(pgErr.Code, "??") {`, settle("TestPromise2_Refused")},
	{"letter-transaction", "a dead letter is written in the transaction that moves the watermark",
		"consumer/settle/transaction.go", "t.book.QueuePost(batch)",
		"t.book.QueuePost(batch)\n\tbatch.Queue(`COMMIT`)\n\tbatch.Queue(`BEGIN`)", settle("TestPromise1_ConnectionCut")},
	{"letter-once", "a record that is read again is the same dead letter",
		"consumer/settle/migrations/001_settle.up.sql",
		"CONSTRAINT dead_letter_source_id_record_offset_key UNIQUE (source_id, record_offset)",
		"CONSTRAINT dead_letter_source_id_record_offset_key UNIQUE (source_id, record_offset, id)",
		settle("TestReplayAddsNoDeadLetter")},
}
