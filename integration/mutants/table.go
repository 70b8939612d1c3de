package main

import "slices"

// mutant is a defence taken out of the code.
type mutant struct {
	name    string
	defence string
	file    string
	// before stands in the file once, after takes its place.
	before, after string
	suspects      suspects
}

// suspects are the tests that have to notice. All of a package's would notice
// more often, and take ten times as long.
type suspects struct {
	pkg, run string // a package, and what go test -run takes
	random   bool   // whether the package has rapid, and its flags
}

func settle(run string) suspects   { return suspects{"./consumer/settle", run, true} }
func consumer(run string) suspects { return suspects{"./consumer", run, true} }
func intake(run string) suspects   { return suspects{"./consumer/intake", run, true} }
func ledger(run string) suspects   { return suspects{"./ledger", run, true} }
func dedupe(run string) suspects   { return suspects{"./dedupe", run, true} }
func prune(run string) suspects    { return suspects{"./internal/prune", run, false} }

// mutants are in the order of the way of a payment.
var mutants = slices.Concat(intakeMutants, consumerMutants, startMutants, fenceMutants, settleMutants, letterMutants,
	horizonMutants, dedupeMutants, ledgerMutants)
