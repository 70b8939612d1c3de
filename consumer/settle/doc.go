// Package settle turns commands into money moved: one Postgres transaction a
// batch, in which each command gets its one recorded outcome.
//
// A transaction takes two round trips. The first begins it, moves the
// watermarks of the batch's partitions (the fence: it fails for a worker that
// no longer owns one), locks the customers' accounts in the order of their ids
// and only then reads what was already processed. The decision is made here, in
// the order of the offsets. The second writes processed orders, transfers,
// balances and dead letters, and commits.
//
// The fence's result is looked at between the two. In one pipeline with COMMIT
// it could not stop anything: a statement that matches no rows is no error.
//
// A record that was set aside has its outcome: read again, it is not decided
// anew. An operator's [Requeuer] decides it again, by the same transaction with
// another way in: in the place of the fence it locks the dead letters that are
// still open, and it marks them as requeued before COMMIT.
//
// Lock order: watermarks (workers) or dead letters by id (operators), customers'
// accounts by id, processed orders by order id, settlement stripes by account
// id. Nobody takes both of the first: a worker writes new dead letters and locks
// none, and an operator's requeue moves no watermark.
package settle
