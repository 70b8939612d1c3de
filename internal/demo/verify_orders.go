package demo

import (
	"deductor/consumer/command"
	"deductor/ledger"
)

// order compares an order's answer and its transfers.
func (v *verifier) order(o *order) {
	reason, decided := v.found.orders[o.id]
	if !decided {
		v.decided.problem("%s was not decided", o.id)
	}
	transfers := v.found.transfers[o.id]
	v.debited.got += int64(len(transfers))
	if reason != "" {
		v.declined.got++
		count(v.reasons, 3, reason).got++
	}
	if o.decline != "" {
		v.declined.want++
		want := count(v.reasons, 3, string(o.decline))
		want.want++
		if reason != string(o.decline) {
			want.problem("%s: %s", o.id, answer(reason, decided))
		}
		if len(transfers) > 0 {
			v.debited.problem("%s was to be declined (%s) and has %d transfers", o.id, o.decline, len(transfers))
		}
		return
	}
	v.debited.want++
	v.once.want++
	if reason != "" {
		v.debited.problem("%s: %s", o.id, answer(reason, decided))
	}
	amount, right := v.won(o, transfers)
	if right {
		v.once.got++
	}
	v.left[o.account] -= amount
	v.left[ledger.SettlementName(o.currency)] += amount
	v.loser(o, amount)
}

func answer(reason string, decided bool) string {
	switch {
	case !decided:
		return "not decided"
	case reason == "":
		return "applied"
	}
	return "declined, " + reason
}

// won returns the amount that an order was to move: of a conflict that of the
// copy which came first, as its transfer tells. It notes a transfer that is not
// the one there must be.
func (v *verifier) won(o *order, transfers []transfer) (amount int64, right bool) {
	if len(transfers) != 1 {
		v.once.problem("%s has %d transfers", o.id, len(transfers))
	}
	amount = o.amount
	if len(transfers) > 0 && o.rival != 0 && transfers[0].amount == o.rival {
		amount = o.rival
	}
	want := transfer{o.account, ledger.SettlementName(o.currency), o.currency, amount}
	for _, t := range transfers {
		if t != want {
			v.once.problem("%s moved %d minor units of %s from %q to %q, not %d of %s from %q to %q", o.id,
				t.amount, t.currency, t.debit, t.credit, want.amount, want.currency, want.debit, want.credit)
			return amount, false
		}
	}
	return amount, len(transfers) == 1
}

// loser expects the copy of a conflict that did not win among the dead letters.
func (v *verifier) loser(o *order, won int64) {
	if o.rival == 0 {
		return
	}
	amount := o.rival
	if won == o.rival {
		amount = o.amount
	}
	lost, err := o.message(amount, 0)
	if err != nil {
		panic(err) // it was encoded for the plan
	}
	v.expectLetter(string(command.ReasonOrderConflict), lost.value)
}

func (v *verifier) expectLetter(code string, value []byte) {
	v.letters.want++
	count(v.codes, 2, code).want++
	v.aside[aside{code, string(value)}]++
}
