// Package accounts reads accounts as people write them, in CSV files (RFC 4180)
// or as flags of a command, and imports them into the ledger.
//
// A file begins with a header that names its columns, in any order:
//
//	account          required   the name: 1 to 128 bytes of NFC text without control characters
//	currency         required   an ISO 4217 code in upper case
//	balance          required   the opening balance in major units, such as 100.00
//	overdraft_limit             how far below zero it may go, in major units; 0 when empty
//	kind                        customer or settlement; customer when empty
//
// Fields are separated by commas. A byte order mark and lines that end in CRLF
// are taken as well.
package accounts
