package dedupe

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// sorted returns the orders by their ids, byte by byte: neighbours of the index are
// written together, and transactions that write the same ones do it in one order.
func sorted(orders []*order) []*order {
	keys := make([]sortKey, len(orders))
	for i, known := range orders {
		keys[i] = sortKey{beginning(known.current.OrderID), known}
	}
	slices.SortFunc(keys, func(a, b sortKey) int {
		if a.beginning != b.beginning {
			return cmp.Compare(a.beginning, b.beginning)
		}
		return cmp.Compare(a.order.current.OrderID, b.order.current.OrderID)
	})
	inOrder := make([]*order, len(keys))
	for i := range keys {
		inOrder[i] = keys[i].order
	}
	return inOrder
}

// sortKey is an order with what decides most comparisons.
type sortKey struct {
	beginning uint64
	order     *order
}

// beginning is the id's first 8 bytes as a number, filled up with zeros: those of two
// ids compare as the ids do, unless they are the same.
func beginning(orderID string) uint64 {
	var first [8]byte
	copy(first[:], orderID)
	return binary.BigEndian.Uint64(first[:])
}
