// Package consumer is the worker: it reads payment commands from a topic and
// debits each order exactly once.
//
// # Promises
//
//  1. At most once: an order id is debited at most once, ever. There is no time
//     window, no cache and no expiry.
//  2. At least once: every command that the broker acknowledged ends in exactly
//     one recorded outcome: applied, declined or dead-lettered. Nothing is
//     skipped in silence: a gap halts that partition and says so.
//  3. Same answer: redelivery and replay give the stored outcome, declines too.
//     A retry that may succeed is a new attempt.
//  4. The same order with another payload is a conflict: never applied, kept
//     with the fields that differ.
//  5. Books balance: debits equal credits per currency; an account's balance
//     equals its opening balance plus its transfers; no customer account passes
//     its overdraft limit.
//  6. Postgres is the authority. Kafka offsets are derived, and may be lost,
//     repeated or reset without harm.
//  7. Aborted is not paid: records of aborted producer transactions and control
//     records are never commands.
//
// # The way of a payment
//
//	Kafka ─► intake     fetch from each leader, verify, drop what was aborted
//	      ─► command    bytes become a command, or a rejection with a reason
//	      ─► lane       what queued up while the last commit ran is the next batch
//	      ─► settle     one transaction: fence, lock, find, decide, record, post
//	      ─► offsets    the Kafka offset follows, last
//
// A [Worker] is a member of a consumer group. Each partition that it is given
// runs through [settle.Acquire] (where to read on, under which epoch), a fetch
// by intake and the lane that it was put on, until it is taken away again.
package consumer
