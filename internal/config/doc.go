// Package config holds the settings that several commands share, and where
// their values come from: the flag, or else the environment, or else a YAML file,
// or else a default.
//
// A setting has one name. --kafka-brokers on the command line is
// DEDUCTOR_KAFKA_BROKERS in the environment and kafka-brokers in the file; an empty
// value counts as none. A command binds the groups of settings that it needs to its
// flags and resolves them once they are parsed:
//
//	var kafka config.Kafka
//	kafka.Bind(cmd.Flags())
//	config.BindFile(cmd.Flags())
//	...
//	_, err := config.Resolver{Environ: os.Environ()}.Resolve(cmd.Flags())
//
// [All] has every group: what it lacks is unknown in a file.
//
// A secret may also stand in a file that the variable with _FILE at its end
// names, such as DEDUCTOR_DATABASE_URL_FILE, or the key with -file: how Docker and
// Kubernetes hand out secrets.
//
// No value of a secret setting stands in an error, in a log or in help.
package config
