// Package config holds the settings that several commands share, and where
// their values come from: the flag, or else the environment, or else a default.
//
// A setting has one name. --kafka-brokers on the command line is
// DEDUCTOR_KAFKA_BROKERS in the environment; an empty variable counts as none.
// A command binds the groups of settings that it needs to its flags and calls
// [Resolve] once they are parsed:
//
//	var kafka config.Kafka
//	kafka.Bind(cmd.Flags())
//	...
//	err := config.Resolve(cmd.Flags(), os.LookupEnv)
//
// A secret may also stand in a file that the variable with _FILE at its end
// names, such as DEDUCTOR_DATABASE_URL_FILE: how Docker and Kubernetes hand out
// secrets.
//
// No value of a secret setting stands in an error, in a log or in help.
package config
