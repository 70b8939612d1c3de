package deploy_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// promtool reads the language of expressions: .ci/run gives it this file.
var expressionsFile = flag.String("expressions", "", "write the dashboard's expressions to FILE, as rules")

type dashboard struct {
	UID        string  `json:"uid"`
	Panels     []panel `json:"panels"`
	Templating struct {
		List []struct {
			Name       string `json:"name"`
			Definition string `json:"definition"`
		} `json:"list"`
	} `json:"templating"`
}

type panel struct {
	ID          int      `json:"id"`
	Type        string   `json:"type"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Datasource  source   `json:"datasource"`
	GridPos     gridPos  `json:"gridPos"`
	Targets     []target `json:"targets"`
	Links       []struct {
		URL string `json:"url"`
	} `json:"links"`
	FieldConfig struct {
		Defaults struct {
			Unit string `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
}

type source struct {
	UID string `json:"uid"`
}

type gridPos struct{ X, Y, W, H int }

type target struct {
	RefID      string `json:"refId"`
	Expr       string `json:"expr"`
	Datasource source `json:"datasource"`
}

func (g gridPos) overlaps(other gridPos) bool {
	return g.X < other.X+other.W && other.X < g.X+g.W && g.Y < other.Y+other.H && other.Y < g.Y+g.H
}

// TestDashboard: panels have ids and places of their own, say what they show, in
// which unit, and ask for metrics that workers have, from the data source that
// was chosen; their links lead to pages that exist.
func TestDashboard(t *testing.T) {
	var board dashboard
	if err := json.Unmarshal([]byte(read(t, "grafana/deductor.json")), &board); err != nil {
		t.Fatal(err)
	}
	metrics, pages := metricLabels(t), runbooks(t)
	var names []string
	for _, v := range board.Templating.List {
		names = append(names, v.Name)
		checkExpression(t, "variable "+v.Name, v.Definition, metrics)
	}
	if want := []string{"datasource", "group", "topic", "instance", "runbooks"}; !slices.Equal(names, want) {
		t.Errorf("variables are %q, want %q", names, want)
	}
	ids, used := make(map[int]string), make(map[string]bool)
	for i, p := range board.Panels {
		if other, taken := ids[p.ID]; taken || p.ID < 1 {
			t.Errorf("panel %q has id %d, as has %q", p.Title, p.ID, other)
		}
		ids[p.ID] = p.Title
		if g := p.GridPos; g.X < 0 || g.W < 1 || g.H < 1 || g.X+g.W > 24 {
			t.Errorf("panel %q is outside the grid: %+v", p.Title, g)
		}
		for _, other := range board.Panels[:i] {
			if p.GridPos.overlaps(other.GridPos) {
				t.Errorf("panels %q and %q overlap", p.Title, other.Title)
			}
		}
		if p.Type != "row" {
			p.check(t, metrics, pages, used)
		}
	}
	for name := range metrics {
		base := strings.TrimSuffix(name, "_count") // one of a histogram's names is enough
		if base != strings.TrimSuffix(base, "_bucket") || base != strings.TrimSuffix(base, "_sum") {
			continue
		}
		if !used[name] && !used[base+"_sum"] && !used[base+"_bucket"] && name != "deductor_build_info" {
			t.Errorf("no panel shows %s", name)
		}
	}
	if *expressionsFile != "" {
		writeExpressions(t, board.Panels)
	}
}

func (p panel) check(t *testing.T, metrics map[string][]string, pages []string, used map[string]bool) {
	t.Helper()
	if p.Title == "" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" || len(p.Targets) == 0 {
		t.Errorf("panel %d, %q, has no title, description, unit or query", p.ID, p.Title)
	}
	if p.Datasource.UID != "${datasource}" {
		t.Errorf("panel %q asks data source %q", p.Title, p.Datasource.UID)
	}
	for _, query := range p.Targets {
		if query.Datasource.UID != "${datasource}" {
			t.Errorf("panel %q asks data source %q", p.Title, query.Datasource.UID)
		}
		checkExpression(t, fmt.Sprintf("panel %q", p.Title), query.Expr, metrics)
		for _, m := range selector.FindAllStringSubmatch(query.Expr, -1) {
			used[m[1]] = true
		}
	}
	page := regexp.MustCompile(`^\$\{runbooks\}/(\w+)\.md$`)
	for _, link := range p.Links {
		if m := page.FindStringSubmatch(link.URL); m == nil || !slices.Contains(pages, m[1]) {
			t.Errorf("panel %q has a link to %q, which is no runbook", p.Title, link.URL)
		}
	}
}

// writeExpressions writes them with a value for each of Grafana's variables.
func writeExpressions(t *testing.T, panels []panel) {
	t.Helper()
	values := strings.NewReplacer("$__rate_interval", "1m", "$group", ".*", "$topic", ".*", "$instance", ".*")
	var all []map[string]string
	for _, p := range panels {
		for _, query := range p.Targets {
			all = append(all, map[string]string{
				"record": fmt.Sprintf("panel:%d:%s", p.ID, query.RefID), "expr": values.Replace(query.Expr)})
		}
	}
	content, err := yaml.Marshal(map[string]any{"groups": []map[string]any{{"name": "dashboard", "rules": all}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*expressionsFile, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
