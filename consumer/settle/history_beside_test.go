package settle_test

import (
	"fmt"
	"slices"

	"deductor/consumer/command"
	"deductor/consumer/settle"
	"deductor/ledger"
)

// giveWay has the one go on that stands in a transaction, if another changes what it
// has read, or has read what it changes, and no lock keeps the two apart. Either order
// would do, but the model knows one.
func (h *history) giveWay(r *run) {
	s := h.halfway
	if s == nil {
		return
	}
	var why string
	stands, aside := commandsOf(s.batch), h.setAsideBy(r)
	for at, item := range recordsOf(r.batch) {
		account := item.Command.Account
		if item.Rejection != nil {
			account = item.Rejection.Account
		}
		switch {
		case s.aside[item.Command.OrderID]:
			why = "it set aside order " + item.Command.OrderID
		case aside[item.Command.OrderID] && shareAnOrder(s.batch, r.batch):
			why = "order " + item.Command.OrderID + " is to be set aside"
		case s.letters[at]:
			why = "it requeues record " + at
		case h.model.quarantine && stands[account] && (item.Rejection != nil || !h.locks(item.Command)):
			why = "it read the dead letters of " + account
		}
	}
	if why != "" {
		h.say("the one that stands goes on first: %s", why)
		h.goOn(settles)
	}
}

// setAsideBy are the orders of which a transaction sets commands aside, or leaves
// them so.
func (h *history) setAsideBy(r *run) map[string]bool {
	m, orders := h.model.clone(), make(map[string]bool)
	r.apply(m)
	for at, item := range recordsOf(r.batch) {
		if letter := m.letters[at]; letter != nil && letter.state == settle.Open && item.Rejection == nil {
			orders[item.Command.OrderID] = true
		}
	}
	return orders
}

// locks tells whether a transaction that decides the command now waits for the lock of
// its account: unless what it decides does not depend on the balance.
func (h *history) locks(c command.Command) bool {
	refusal := h.model.refusal(c)
	return refusal == "" || refusal == ledger.InsufficientFunds
}

// recordsOf are a batch's records, by partition@offset.
func recordsOf(batch []settle.Slice) map[string]settle.Item {
	records := make(map[string]settle.Item)
	for _, slice := range batch {
		for _, item := range slice.Items {
			records[fmt.Sprintf("%d@%d", slice.Key.Partition, item.Record.Offset)] = item
		}
	}
	return records
}

// commandsOf are the accounts that a batch's commands debit.
func commandsOf(batch []settle.Slice) map[string]bool {
	accounts := make(map[string]bool)
	for _, item := range recordsOf(batch) {
		if item.Rejection == nil {
			accounts[item.Command.Account] = true
		}
	}
	return accounts
}

func shareAnOrder(a, b []settle.Slice) bool {
	orders := make(map[string]bool)
	for _, slice := range a {
		for _, item := range slice.Items {
			orders[item.Command.OrderID] = item.Rejection == nil
		}
	}
	return slices.ContainsFunc(b, func(slice settle.Slice) bool {
		return slices.ContainsFunc(slice.Items, func(item settle.Item) bool { return orders[item.Command.OrderID] })
	})
}
