// Package prune lets old orders be forgotten, when nothing that Kafka still
// holds can bring them back.
//
// Time alone would not do. A retained log may hold an order that was processed
// long ago: as its own record, when retention is long or a clock was wrong, or
// as a duplicate, which leaves no row of its own. A replay would debit it again.
// So a prune
//
//  1. looks at each topic that commands came from, and refuses unless all that
//     is unread can be judged ([Config.Run]);
//  2. reads the logs from their start, notes each order that it finds, and
//     refuses when a record is older than the horizon;
//  3. puts the horizon in force ([settle.RecordHorizon]): from here on no new
//     command that is older is applied, and workers settle only what they fetch
//     from now on;
//  4. reads on to the logs' ends, for what came meanwhile;
//  5. deletes the orders that were processed before the horizon, whose record is
//     no longer in the log, and that were found nowhere ([dedupe.Pruner]).
//
// Whatever is settled after 3 was either found in 2 or 4, or was produced later:
// it is then known, or young, or set aside as too old. Interrupted at any point,
// nothing is lost: what was deleted may be, and running it again goes on.
package prune
