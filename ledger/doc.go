// Package ledger keeps accounts and the transfers between them: who holds what,
// who paid whom, and a proof that nothing was lost on the way.
//
// Money is an int64 count of minor units (cents, for USD) of the account's ISO
// 4217 currency; never a float.
//
// There are two kinds of account. A [Customer] has one balance in one row,
// which is locked, checked against its overdraft limit and updated for each
// payment. A [Settlement] account is what customers pay into: it has no limit
// and is never locked, its balance is spread over stripes, so that workers that
// credit it do not wait for each other.
//
// A transaction locks the accounts it needs by [Lock], decides on payments in
// memory by [Book.Transfer], and writes them by [Book.Post]. Or it reads them by
// [Book.QueueRead], without locks, and Post finds out whether the decisions still
// hold; [Book.QueueGuess] takes them for what an earlier transaction left of them,
// and Post finds out that, too. Either way accounts are locked in the order of their
// ids, so that two transactions never wait for each other in a circle. The package
// works on the caller's transaction and never begins or ends one; it knows nothing
// of Kafka or of order ids.
package ledger
