package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// metricLabels are the metrics of the reference, with their labels. A
// histogram has the three names that its series have.
func metricLabels(t *testing.T) map[string][]string {
	t.Helper()
	metrics := make(map[string][]string)
	row := regexp.MustCompile("(?m)^\\| `(deductor_[a-z_]+)` \\| (\\w+) \\| ([^|]*) \\|")
	quoted := regexp.MustCompile("`([a-z_]+)`")
	for _, m := range row.FindAllStringSubmatch(read(t, "../docs/reference/metrics.md"), -1) {
		labels := []string{"instance", "job"}
		for _, label := range quoted.FindAllStringSubmatch(m[3], -1) {
			labels = append(labels, label[1])
		}
		if m[2] != "histogram" {
			metrics[m[1]] = labels
			continue
		}
		metrics[m[1]+"_sum"], metrics[m[1]+"_count"] = labels, labels
		metrics[m[1]+"_bucket"] = append(slices.Clone(labels), "le")
	}
	if len(metrics) < 20 {
		t.Fatalf("the reference has %d metrics only: does this test still read it?", len(metrics))
	}
	return metrics
}

var (
	selector = regexp.MustCompile(`\b(deductor_[a-z_]+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)\s*"`)
	grouping = regexp.MustCompile(`\b(?:by|on|without|ignoring) \(([^)]*)\)`)
)

// checkExpression fails the test when an expression names a metric, or a label
// of one, that no worker has.
func checkExpression(t *testing.T, where, expression string, metrics map[string][]string) {
	t.Helper()
	known := make(map[string]bool)
	for _, m := range selector.FindAllStringSubmatch(expression, -1) {
		labels, is := metrics[m[1]]
		if !is {
			t.Errorf("%s asks for %s, which no worker has", where, m[1])
			continue
		}
		for _, label := range labels {
			known[label] = true
		}
		for _, match := range matcher.FindAllStringSubmatch(m[2], -1) {
			if !slices.Contains(labels, match[1]) {
				t.Errorf("%s selects by label %s, which %s does not have", where, match[1], m[1])
			}
		}
	}
	for _, m := range grouping.FindAllStringSubmatch(expression, -1) {
		for label := range strings.SplitSeq(m[1], ",") {
			if label = strings.TrimSpace(label); !known[label] {
				t.Errorf("%s groups by label %s, which none of its metrics has", where, label)
			}
		}
	}
}

// runbooks are the names of the pages about alerts.
func runbooks(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../docs/how-to/alerts/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".md"); name != "README" {
			names = append(names, name)
		}
	}
	return names
}
