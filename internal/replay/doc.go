// Package replay has records of a topic read again: it plans what that would do,
// does it while workers run or when they are stopped, and tells how far it is.
//
// [Planner.Plan] reads the records and writes nothing; what it says comes from the
// decisions that workers make ([settle.Forecaster]). [Apply] sends the partitions
// back ([settle.StartReplay]) if they still stand as they were planned. Workers do
// the rest, and count what comes of it in the transactions that settle it;
// [Get] and [List] read that.
package replay
