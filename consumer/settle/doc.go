// Package settle turns commands into money moved: one Postgres transaction a
// batch, in which each command gets its one recorded outcome.
//
// The first round trip begins the transaction, moves the watermarks of the
// batch's partitions (the fence: it fails for a worker that no longer owns one),
// and reads what was already processed and what the accounts hold. The decision
// is made here, in the order of the offsets. The second writes dead letters,
// processed orders, transfers and, last, the balances, and commits; thousands of
// rows are copied before it, each table in a round trip of its own.
//
// Accounts are not locked until their balances are written, so that workers wait
// for each other as short as can be. The update of a balance holds only between
// the bounds within which every decision on it would have been the same; beyond
// them the batch is rolled back and decided again, in the end with the accounts
// locked first (docs/decisions/008-accounts-are-locked-last.md). So a large batch
// need not read accounts that earlier ones left: the update finds out as well
// whether an account is what it was taken for.
//
// The fence's result is looked at between the two. In one pipeline with COMMIT
// it could not stop anything: a statement that matches no rows is no error.
//
// A record that was set aside has its outcome: read again, it is not decided
// anew. An operator's [Requeuer] decides it again, by the same transaction with
// another way in: in the place of the fence it locks the dead letters that are
// still open, and it marks them as requeued before COMMIT.
//
// Lock order: watermarks (workers) or dead letters by id (operators), processed
// orders by order id, customers' accounts by id, settlement stripes by account
// id. Nobody takes both of the first: a worker writes new dead letters and locks
// none, and an operator's requeue moves no watermark. Who locks accounts first
// (under quarantine, and after decisions that did not hold three times) may meet
// one who does not in a deadlock, which Postgres ends and the batch survives.
package settle
