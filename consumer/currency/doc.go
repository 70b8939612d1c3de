// Package currency knows how many minor units each currency has, and turns amounts of money from text in
// major units ("12.34" dollars) into integers in minor units (1234 cents) and back.
//
// There is no floating point anywhere: an amount is an int64 of minor units, and its text is read digit by
// digit. The number of digits comes from ISO 4217, not from CLDR: the two disagree on more than a dozen
// currencies, and a digit too few or too many is a payment wrong by a power of ten.
//
// Amounts are written in one way only. [Parse] takes an optional minus sign, an integer part without leading
// zeros, and, after a point, at most as many digits as the currency has; no plus sign, exponent, thousands
// separator or white space. [Format] writes all of the currency's digits.
package currency

// MaxMinor is the largest amount of one payment command, in minor units: ten trillion dollars, or a
// quadrillion yen. It keeps the sum of thousands of amounts far from the bounds of an int64. [Parse] does not
// apply it, because account balances are read with it too.
const MaxMinor int64 = 1_000_000_000_000_000
