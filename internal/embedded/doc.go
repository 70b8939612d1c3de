// Package embedded runs a real Postgres and a Kafka broker without anything
// installed: for the demo and the tests, never for production.
//
// [StartPostgres] fetches Postgres once into a cache and starts a server of
// its own from there; [StartKafka] runs a broker inside the process. Both
// listen on 127.0.0.1 alone, on ports that were free, so that any number of
// processes may run them side by side.
package embedded
