// Package dedupe remembers what was answered for each order, so that an order
// is worked on at most once, ever.
//
// It keeps one row per order id in table processed, written on the caller's
// transaction together with the work itself. The caller
//
//  1. reads what is stored, by [Find], best after it took the locks of its work;
//  2. asks [Register.Decide] what to do with each request;
//  3. writes what it did, by [Register.Save], in the same transaction.
//
// Who has thousands of orders, nearly all of them new, may leave the read out
// ([Register.QueueAssumeNew]): the key then refuses those that are known. Who has
// thousands that are nearly all known may compare them first ([Register.QueueMatch]).
//
// Two transactions that slip past the read at the same time meet at the
// primary key: one of them fails with SQLSTATE 23505 (unique_violation) and is
// to be run again from step 1, where it then finds the other's answer.
//
// Nothing is forgotten unless a [Pruner] is used. Then a request that is new to
// the register, and older than [Register.Horizon], must not be worked on: it may
// have been, and forgotten. The horizon is read with the orders.
//
// The package knows nothing of Kafka or of money. But for the pruner it never
// begins or ends a transaction.
package dedupe
