package dedupe

import (
	"crypto/sha256"
	"encoding/binary"
)

// Fingerprint is the first 16 bytes of a SHA-256 over what an order asks for.
// Requests under one order id with different fingerprints are in conflict.
type Fingerprint [16]byte

// FingerprintOf hashes the fields in their order. Each is preceded by its length
// in bytes (a varint, as [binary.AppendUvarint] writes it), so that no two lists of
// fields run together, and what a usual order asks for is one block of SHA-256.
func FingerprintOf(fields ...string) Fingerprint {
	var buffer [256]byte
	message := buffer[:0]
	for _, field := range fields {
		message = binary.AppendUvarint(message, uint64(len(field)))
		message = append(message, field...)
	}
	sum := sha256.Sum256(message)
	return Fingerprint(sum[:16])
}
