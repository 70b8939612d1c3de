package config

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Schema is a JSON Schema of the configuration file.
type Schema struct {
	Schema               string             `json:"$schema,omitempty"`
	Title                string             `json:"title,omitempty"`
	Description          string             `json:"description,omitempty"`
	Type                 any                `json:"type,omitempty"` // a name, or several
	Enum                 []string           `json:"enum,omitempty"`
	Pattern              string             `json:"pattern,omitempty"`
	Default              any                `json:"default,omitempty"`
	Items                *Schema            `json:"items,omitempty"`
	WriteOnly            bool               `json:"writeOnly,omitempty"` // it is a secret
	AdditionalProperties *bool              `json:"additionalProperties,omitempty"`
	Properties           map[string]*Schema `json:"properties,omitempty"`
	Required             []string           `json:"required,omitempty"`
	Not                  *Schema            `json:"not,omitempty"`
	AllOf                []*Schema          `json:"allOf,omitempty"`
}

// durationPattern is what time.ParseDuration takes, but for signs.
const durationPattern = `^(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`

// NewSchema describes the configuration file by the settings.
func NewSchema(known *pflag.FlagSet) *Schema {
	closed := false
	schema := &Schema{
		Schema: "https://json-schema.org/draft/2020-12/schema",
		Title:  "Deductor",
		Description: "Settings of deductor, under the names of their flags. A flag or an environment variable wins " +
			"over a value here.",
		Type:                 "object",
		AdditionalProperties: &closed,
		Properties:           make(map[string]*Schema),
	}
	known.VisitAll(func(f *pflag.Flag) {
		if !IsSetting(f) || f.Name == fileFlag {
			return
		}
		schema.Properties[f.Name] = property(f)
		if !IsSecret(f) {
			return
		}
		file := f.Name + secretSuffix
		schema.Properties[file] = &Schema{Type: "string", Description: "File that holds " + f.Name + "."}
		schema.AllOf = append(schema.AllOf, &Schema{Not: &Schema{Required: []string{f.Name, file}}})
	})
	return schema
}

// property describes one setting.
func property(f *pflag.Flag) *Schema {
	_, meaning := pflag.UnquoteUsage(f)
	s := &Schema{
		Description: strings.ToUpper(meaning[:1]) + meaning[1:] + ". Variable: " + EnvName(f.Name) + ".",
		WriteOnly:   IsSecret(f),
	}
	chooser, chooses := f.Value.(Chooser)
	switch kind := f.Value.Type(); {
	case isList(f):
		s.Type, s.Items = []string{"string", "array"}, &Schema{Type: "string"}
	case chooses:
		s.Type, s.Enum = "string", chooser.Choices()
	case kind == "bool":
		s.Type = "boolean"
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		s.Type = "integer"
	case strings.HasPrefix(kind, "float"):
		s.Type = "number"
	case kind == "duration":
		s.Type, s.Pattern = "string", durationPattern
	default:
		s.Type = "string"
	}
	s.Default = defaultOf(f, s.Type)
	return s
}

// defaultOf is the default in the schema's type; nil for none.
func defaultOf(f *pflag.Flag, kind any) any {
	switch {
	case kind == "boolean":
		return f.DefValue == "true"
	case f.DefValue == "":
		return nil
	case kind == "integer", kind == "number":
		if _, err := strconv.ParseFloat(f.DefValue, 64); err == nil {
			return json.Number(f.DefValue)
		}
		return nil
	}
	return f.DefValue
}
