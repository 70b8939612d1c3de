package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
)

// validate is as much of JSON Schema as the schema uses: what is wrong with a
// document.
func validate(t *testing.T, schema map[string]any, document map[string]any) (wrong []string) {
	t.Helper()
	properties := schema["properties"].(map[string]any)
	for key, value := range document {
		property, known := properties[key].(map[string]any)
		if !known {
			if schema["additionalProperties"] == false {
				wrong = append(wrong, key+" is unknown")
			}
			continue
		}
		if !hasType(property["type"], value) {
			wrong = append(wrong, fmt.Sprintf("%s is a %T", key, value))
		}
		if enum, ok := property["enum"].([]any); ok && !slices.Contains(enum, value) {
			wrong = append(wrong, fmt.Sprintf("%s is %v", key, value))
		}
		if pattern, ok := property["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString(fmt.Sprint(value)) {
			wrong = append(wrong, fmt.Sprintf("%s is %v", key, value))
		}
	}
	for _, rule := range schema["allOf"].([]any) {
		together := rule.(map[string]any)["not"].(map[string]any)["required"].([]any)
		if !slices.ContainsFunc(together, func(key any) bool { return document[key.(string)] == nil }) {
			wrong = append(wrong, fmt.Sprintf("%v are given", together))
		}
	}
	return wrong
}

func hasType(types, value any) bool {
	if several, ok := types.([]any); ok {
		return slices.ContainsFunc(several, func(one any) bool { return hasType(one, value) })
	}
	switch value.(type) {
	case string:
		return types == "string"
	case bool:
		return types == "boolean"
	case uint64, int64:
		return types == "integer"
	case []any:
		return types == "array"
	}
	return false
}

func readSchema(t *testing.T) map[string]any {
	t.Helper()
	encoded, err := json.Marshal(NewSchema(Known()))
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(encoded, &schema); err != nil {
		t.Fatal(err)
	}
	if schema["$schema"] != "https://json-schema.org/draft/2020-12/schema" || schema["type"] != "object" {
		t.Errorf("the schema is one of %v, for a %v", schema["$schema"], schema["type"])
	}
	return schema
}

// The example of the documentation is read by deductor, and by the schema.
func TestExampleFile(t *testing.T) {
	t.Parallel()
	const name = "../../docs/how-to/deductor.yaml"
	file, err := ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	problems, _ := file.Lint()
	for _, p := range problems {
		t.Error(p.Text(name))
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := yaml.NewDecoder(bytes.NewReader(content)).Decode(&document); err != nil {
		t.Fatal(err)
	}
	if len(document) < 5 || len(document) != len(file.entries) {
		t.Errorf("the example has %d settings, deductor reads %d", len(document), len(file.entries))
	}
	if wrong := validate(t, readSchema(t), document); wrong != nil {
		t.Errorf("the schema refuses it: %v", wrong)
	}
}

func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	schema := readSchema(t)
	for name, document := range map[string]map[string]any{
		"an unknown key":   {"kafka-broker": "a:1"},
		"the file itself":  {"config": "x"},
		"a word":           {"log-format": "xml"},
		"text for numbers": {"lanes": "many"},
		"a time":           {"session-timeout": "10"},
		"text for yes":     {"kafka-tls": "yes"},
		"both ways":        {"database-url": "x", "database-url-file": "y"},
	} {
		if validate(t, schema, document) == nil {
			t.Errorf("%s: %v is taken", name, document)
		}
	}
	if wrong := validate(t, schema, map[string]any{
		"kafka-brokers": []any{"a:1"}, "kafka-tls": true, "lanes": uint64(4), "session-timeout": "1m30s",
		"log-level": "warn",
	}); wrong != nil {
		t.Errorf("the schema refuses %v", wrong)
	}
}

// Every setting is described, with the default that the flag has.
func TestSchemaHasAllSettings(t *testing.T) {
	t.Parallel()
	known := Known()
	properties := NewSchema(known).Properties
	for name, property := range properties {
		if property.Description == "" || property.Type == nil {
			t.Errorf("%s: %+v", name, property)
		}
		if settingOf(known, name) == nil {
			t.Errorf("%s is no setting", name)
		}
	}
	if got := fmt.Sprintf("%v %v %v %v %v", properties["lanes"].Default, properties["session-timeout"].Default,
		properties["log-level"].Default, properties["kafka-tls"].Default, properties["kafka-topic"].Default,
	); got != "3 10s info false <nil>" {
		t.Errorf("defaults are %s", got)
	}
	if !properties["database-url"].WriteOnly || properties["lanes"].WriteOnly {
		t.Error("what is a secret is not told")
	}
}
