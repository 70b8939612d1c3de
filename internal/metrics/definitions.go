package metrics

// What happened since the worker began.
var (
	commandsTotal = define("counter", "commands_total", "Records that were settled, by what became of them.",
		"outcome", "reason").noting("`outcome` is `applied`, `declined`, `duplicate` or `dead_letter`, `reason` the code " +
		"of a decline or of a [dead letter](reason-codes.md), empty for others. A record that is read again is a " +
		"`duplicate`, also where its first outcome was a dead letter.")
	latency = define("histogram", "command_latency_seconds",
		"Time from a command's record timestamp to the commit of its outcome.").
		noting("Of commands that were applied or declined now: a replay does not show here.")
	batchCommands = define("histogram", "batch_commands", "Records in a committed transaction.")
	batchPhase    = define("histogram", "batch_phase_seconds", "Time that a batch spent in a phase.", "phase").
			noting("`wait`: fetched, until its transaction began. `read`: BEGIN, fence, accounts, earlier answers. " +
			"`decide`: in the worker. `write`: rows, balances and COMMIT.")
	retriesTotal = define("counter", "transaction_retries_total", "Transactions that were run again, by cause.",
		"sqlstate").noting("`connection` when the error is none of Postgres'. `P0004` is an account that was, when " +
		"it was written, not as it had been read or as an earlier batch had left it, and `23505` an order that was known " +
		"though the batch took its orders for new, or that another one answered meanwhile: they cost nothing but the try.")
	unknownTotal = define("counter", "commits_unknown_total",
		"Transactions whose connection was lost after COMMIT was sent and before it was answered.").
		noting("Nothing is lost or done twice: the batch is run again and finds what was committed.")
	rewindsTotal = define("counter", "watermark_rewinds_total",
		"Times that reading went back because the database had been put back to an earlier state.", "partition")
	haltsTotal = define("counter", "halts_total",
		"Times that a partition stopped until an operator intervenes.", "reason").
		noting("A worker that takes over a partition that is halted counts it, too.")
	rebalancesTotal = define("counter", "rebalances_total",
		"Times that the consumer group shared its partitions out anew.")
)

// What is so at the moment of the scrape.
var (
	ready = define("gauge", "ready", "Whether the worker can do its work, as /readyz says: 0 or 1.")
	up    = define("gauge", "database_up", "Whether the database answered when it was last looked at: 0 or 1.").
		noting("It is looked at every 2 seconds.")
	assigned = define("gauge", "partitions_assigned", "Partitions that this worker has.")
	halted   = define("gauge", "partition_halted", "1 while a partition waits for an operator.",
		"partition", "reason").noting("Absent when it doesn't.")
	lagRecords = define("gauge", "partition_lag_records",
		"Offsets that are still to be settled, up to the last one that can be read.", "partition").
		noting("0 when all is done: markers and aborted transactions at the end never count, nor what an open " +
			"transaction holds back.")
	lagSeconds = define("gauge", "partition_lag_seconds",
		"Age of the oldest record that is not settled; 0 when there is none.", "partition").
		noting("By the record's timestamp. While the record is still to be fetched, or the partition is halted, " +
			"since when this worker knows of it.")
	stalled = define("gauge", "partition_stalled_seconds",
		"Time since something was settled while records wait; 0 when none do.", "partition")
	position = define("gauge", "partition_position_offset", "Offset below which all is settled.", "partition")
	followed = define("gauge", "partition_committed_offset", "Offset that the group committed in Kafka.", "partition").
			noting("Behind the position by what was settled since the last commit, every 100 ms. Absent before the first.")
	logEnd = define("gauge", "partition_end_offset", "End of the partition's log: the next offset to be written.",
		"partition").noting("The high watermark. The lag goes to the last stable offset, which may be before it.")
	pool = define("gauge", "pool_connections",
		"Connections of the pool that partitions are taken over with; lanes have their own.", "state").
		everywhere().noting("`acquired`, `idle`, `max`.")
	build = define("gauge", "build_info", "1, with the version and the Go that built it as labels.",
		"version", "go_version").everywhere()
)

// What the database says. It is the same from all workers: take the maximum.
var (
	lettersOpen = define("gauge", "dead_letters_open", "Dead letters that wait to be requeued or discarded.",
		"reason").noting("Read every 15 seconds, or 20 times as seldom as it takes.")
	trialBalance = define("gauge", "trial_balance_minor_units",
		"By how much today's balances differ from the opening ones: 0 when each debit has its credit.", "currency").
		noting("Anything but 0, above or below, is wrong money: run `deductor audit`.")
	booksChecked = define("gauge", "books_checked_timestamp_seconds",
		"When the trial balance was last read, in seconds since 1970.").
		noting("Absent before the first time. Read every minute, or as seldom as makes it 5 % of one core: see below.")
)
