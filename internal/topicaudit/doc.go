// Package topicaudit compares a topic with the ledger, while workers run: each
// record below the watermark is to have its outcome, for what it asks for, and
// each order that was decided by a record of the topic is to be found there.
//
// It reads the range once and asks for each record ([settle.Judge]); then it reads
// which orders the database has from that range, and names those whose record it
// did not meet. Memory: the chunks in hand, and one bit for each offset.
package topicaudit
