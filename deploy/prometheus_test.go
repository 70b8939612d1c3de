package deploy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

type ruleFile struct {
	Groups []struct {
		Rules []rule `yaml:"rules"`
	} `yaml:"groups"`
}

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func rules(t *testing.T) []rule {
	t.Helper()
	var file ruleFile
	if err := yaml.Unmarshal([]byte(read(t, "prometheus/deductor.rules.yml")), &file); err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// TestAlerts: each alert is about metrics that workers have, says how bad it is
// and what, is tested, and has its page; and each page has its alert.
func TestAlerts(t *testing.T) {
	metrics, pages := metricLabels(t), runbooks(t)
	tested := read(t, "prometheus/deductor_test.yml")
	index := read(t, "../docs/how-to/alerts/README.md")
	var names []string
	for _, r := range rules(t) {
		names = append(names, r.Alert)
		checkExpression(t, r.Alert, r.Expr, metrics)
		if s := r.Labels["severity"]; s != "critical" && s != "warning" {
			t.Errorf("%s has severity %q", r.Alert, s)
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s says nothing", r.Alert)
		}
		if url := r.Annotations["runbook_url"]; url != "https://deductor.example/docs/how-to/alerts/"+r.Alert+".md" {
			t.Errorf("%s leads to %q", r.Alert, url)
		}
		if !slices.Contains(pages, r.Alert) {
			t.Errorf("%s has no page in docs/how-to/alerts", r.Alert)
		}
		if !strings.Contains(index, "]("+r.Alert+".md)") {
			t.Errorf("%s is not in docs/how-to/alerts/README.md", r.Alert)
		}
		fires, quiet := outcomes(tested, r.Alert)
		if fires == 0 || quiet == 0 {
			t.Errorf("%s is seen to fire %d times and not to %d times", r.Alert, fires, quiet)
		}
	}
	for _, page := range pages {
		if !slices.Contains(names, page) {
			t.Errorf("docs/how-to/alerts/%s.md is about no alert", page)
		}
	}
}

// outcomes counts the tests of an alert that expect it, and that don't.
func outcomes(tests, alert string) (fires, quiet int) {
	lines := strings.Split(tests, "\n")
	for i, line := range lines {
		if strings.TrimSpace(line) != "alertname: "+alert {
			continue
		}
		if i+1 < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[i+1]), "exp_alerts:") {
			fires++
		} else {
			quiet++
		}
	}
	return fires, quiet
}
