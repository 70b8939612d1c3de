package main

var consumerMutants = []mutant{
	{"offset-last", "offsets are committed after the database",
		"consumer/lane.go", "counts, err := l.settler.Settle(taken.ctx, l.decode(portions))",
		"for i := range portions {\n\t\t\tportions[i].settled()\n\t\t}\n\t\t" +
			"counts, err := l.settler.Settle(taken.ctx, l.decode(portions))", consumer("TestPromise6")},
	{"offset-committed", "the group's offset follows when partitions are given back",
		"consumer/assignment.go", "h.offsets.flush()", "", consumer("TestStopping")},
	{"drain", "partitions are given back once their transactions are over",
		"consumer/assignment.go", "h.running.Wait()\n\th.commits.Wait()", "h.commits.Wait()", consumer("TestRevoked")},
	{"drain-lanes", "a partition is taken from the lanes once its transaction is over",
		"consumer/partition.go", "p.worker.lanes.remove(drain, p)", "_ = drain", consumer("TestRevoked")},
	{"one-batch", "a partition is in one batch at a time",
		"consumer/lanes.go", "if p.batch != nil {\n\t\t\tcontinue\n\t\t}", "", consumer("TestPartitionIsInOneBatch")},
	{"blocked-apart", "a lock that somebody holds keeps one partition waiting",
		"consumer/settle/settler.go", "job.parts && len(batch) > 1 && isLockTimeout(err)", "false",
		consumer("TestLockedAccount")},
	{"abandoned", "a partition whose batch was given up is acquired again",
		"consumer/lane.go", "portions[i].partition.stop(errAbandoned)", "_, _ = i, errAbandoned", consumer("TestAbandoned")},
	{"halt-last", "what came before a broken batch is settled before the partition halts",
		"consumer/queue.go", "if len(q.chunks) > 0 {\n\t\treturn nil\n\t}\n\treturn q.end", "return q.end",
		consumer("TestQueueEnds")},
	{"cut-after-record", "a batch that is cut ends after a record whose leader epoch is known",
		"consumer/queue.go", "p.end, p.leaderEpoch = last.Offset+1, last.LeaderEpoch",
		"p.end, p.leaderEpoch = last.Offset+1, chunk.LeaderEpoch", consumer("TestQueueCuts")},
	{"idle-fence", "a database that was put back behind an idle partition is noticed",
		"consumer/watch.go", "|| stored.NextOffset < s.next", "", consumer("TestPromise6_DatabasePutBack")},
}
