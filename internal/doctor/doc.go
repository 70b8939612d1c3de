// Package doctor looks at the brokers, the topic, the group and the database that a
// worker is to use, and says of each whether it is as it has to be, what was found,
// and what to do.
//
// It writes nothing. Each check has a time limit and stands for itself: brokers that
// do not answer keep nobody from looking at the database.
package doctor
