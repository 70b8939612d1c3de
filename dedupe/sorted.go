package dedupe

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// sorted returns items by their order ids, byte by byte: neighbours of the index are
// read and written together, and transactions that write the same ones do it in one order.
func sorted[T any](items []T, idOf func(T) string) []T {
	keys := make([]sortKey[T], len(items))
	for i, item := range items {
		id := idOf(item)
		keys[i] = sortKey[T]{beginning(id), id, item}
	}
	slices.SortFunc(keys, func(a, b sortKey[T]) int {
		if a.beginning != b.beginning {
			return cmp.Compare(a.beginning, b.beginning)
		}
		return cmp.Compare(a.id, b.id)
	})
	inOrder := make([]T, len(keys))
	for i := range keys {
		inOrder[i] = keys[i].item
	}
	return inOrder
}

// sortKey is an item with what decides most comparisons.
type sortKey[T any] struct {
	beginning uint64
	id        string
	item      T
}

// beginning is the id's first 8 bytes as a number, filled up with zeros: those of two
// ids compare as the ids do, unless they are the same.
func beginning(orderID string) uint64 {
	var first [8]byte
	copy(first[:], orderID)
	return binary.BigEndian.Uint64(first[:])
}
