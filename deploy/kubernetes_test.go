package deploy_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// manifest is as much of a Kubernetes object as the tests look at. A pod is in
// spec.template, or in spec.jobTemplate.spec.template.
type manifest struct {
	Kind     string `yaml:"kind"`
	Metadata struct {
		Name string `yaml:"name"`
	} `yaml:"metadata"`
	Spec struct {
		Template    template `yaml:"template"`
		JobTemplate struct {
			Spec struct {
				Template template `yaml:"template"`
			} `yaml:"spec"`
		} `yaml:"jobTemplate"`
		Triggers []struct {
			Metadata map[string]string `yaml:"metadata"`
		} `yaml:"triggers"`
	} `yaml:"spec"`
	ConfigMapGenerator []struct {
		Literals []string `yaml:"literals"`
	} `yaml:"configMapGenerator"`
	file string
}

type template struct {
	Spec pod `yaml:"spec"`
}

type pod struct {
	AutomountServiceAccountToken  *bool       `yaml:"automountServiceAccountToken"`
	TerminationGracePeriodSeconds int         `yaml:"terminationGracePeriodSeconds"`
	SecurityContext               security    `yaml:"securityContext"`
	Containers                    []container `yaml:"containers"`
}

type container struct {
	Name string   `yaml:"name"`
	Args []string `yaml:"args"`
	Env  []struct {
		Name string `yaml:"name"`
	} `yaml:"env"`
	SecurityContext security `yaml:"securityContext"`
	Resources       struct {
		Requests, Limits map[string]string
	} `yaml:"resources"`
}

type security struct {
	RunAsNonRoot             bool  `yaml:"runAsNonRoot"`
	ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
	AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
	Capabilities             struct {
		Drop []string `yaml:"drop"`
	} `yaml:"capabilities"`
	SeccompProfile struct {
		Type string `yaml:"type"`
	} `yaml:"seccompProfile"`
}

// manifests reads all YAML below kubernetes and keda.
func manifests(t *testing.T) []manifest {
	t.Helper()
	var all []manifest
	for _, pattern := range []string{"kubernetes/*.yaml", "kubernetes/*/*.yaml", "keda/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %q, %v", pattern, files, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			documents := yaml.NewDecoder(bytes.NewReader(content))
			for {
				m := manifest{file: file}
				err := documents.Decode(&m)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v", file, err)
				}
				all = append(all, m)
			}
		}
	}
	return all
}

func (m *manifest) pod() *pod {
	if len(m.Spec.JobTemplate.Spec.Template.Spec.Containers) > 0 {
		return &m.Spec.JobTemplate.Spec.Template.Spec
	}
	return &m.Spec.Template.Spec
}

// TestSettingsOfManifests: each variable, command and flag is one that the
// program knows.
func TestSettingsOfManifests(t *testing.T) {
	reference := read(t, "../docs/reference/cli.md") + read(t, "../docs/reference/config.md")
	known := regexp.MustCompile("`(DEDUCTOR_[A-Z_]+)`").FindAllStringSubmatch(reference, -1)
	isKnown := func(name string) bool {
		return !strings.HasPrefix(name, "DEDUCTOR_") ||
			slices.ContainsFunc(known, func(m []string) bool { return m[1] == name })
	}
	settings, commands := 0, 0
	for _, m := range manifests(t) {
		for _, generator := range m.ConfigMapGenerator {
			for _, literal := range generator.Literals {
				settings++
				if name, _, _ := strings.Cut(literal, "="); !isKnown(name) {
					t.Errorf("%s: deductor knows no %s", m.file, name)
				}
			}
		}
		for _, c := range m.pod().Containers {
			for _, variable := range c.Env {
				settings++
				if !isKnown(variable.Name) {
					t.Errorf("%s: deductor knows no %s", m.file, variable.Name)
				}
			}
			commands++
			checkArguments(t, m.file, reference, c.Args)
		}
	}
	if settings < 10 || commands != 3 {
		t.Errorf("%d settings and %d commands were looked at: does this test still find them?", settings, commands)
	}
}

// checkArguments fails the test unless args are a command and flags of it.
func checkArguments(t *testing.T, file, reference string, args []string) {
	t.Helper()
	command := "deductor"
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, args = command+" "+args[0], args[1:]
	}
	_, section, found := strings.Cut(reference, "\n## "+command+"\n")
	if !found {
		t.Errorf("%s: there is no command %q", file, command)
		return
	}
	section, _, _ = strings.Cut(section, "\n## ")
	for _, arg := range args {
		if name, _, _ := strings.Cut(arg, "="); strings.HasPrefix(name, "-") && !strings.Contains(section, name+" ") {
			t.Errorf("%s: %s has no flag %s", file, command, name)
		}
	}
}

// TestPodsHaveLeastPrivilege: all of them fit the profile "restricted", write
// nothing and know no token.
func TestPodsHaveLeastPrivilege(t *testing.T) {
	pods := 0
	for _, m := range manifests(t) {
		p := m.pod()
		if len(p.Containers) == 0 {
			continue
		}
		pods++
		if !p.SecurityContext.RunAsNonRoot || p.SecurityContext.SeccompProfile.Type != "RuntimeDefault" ||
			p.AutomountServiceAccountToken == nil || *p.AutomountServiceAccountToken {
			t.Errorf("%s: the pod may do more than it must: %+v", m.file, p)
		}
		for _, c := range p.Containers {
			s := c.SecurityContext
			if !s.ReadOnlyRootFilesystem || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation ||
				!slices.Equal(s.Capabilities.Drop, []string{"ALL"}) {
				t.Errorf("%s: container %s may do more than it must: %+v", m.file, c.Name, s)
			}
			if c.Resources.Requests["cpu"] == "" || c.Resources.Requests["memory"] == "" || c.Resources.Limits["memory"] == "" {
				t.Errorf("%s: container %s has no requests or no limit of memory", m.file, c.Name)
			}
		}
		// docs/reference/limits.md: a worker with everything stuck ends within 30 s.
		if m.Kind == "Deployment" && p.TerminationGracePeriodSeconds <= 30 {
			t.Errorf("%s: a worker that drains is killed after %d s", m.file, p.TerminationGracePeriodSeconds)
		}
	}
	if pods != 3 {
		t.Errorf("%d pods were looked at, want 3", pods)
	}
}

// TestScalerReadsTheWorkersGroup: KEDA looks at what the workers are told to
// read, from the start, in even parts.
func TestScalerReadsTheWorkersGroup(t *testing.T) {
	settings, trigger := make(map[string]string), map[string]string{}
	for _, m := range manifests(t) {
		for _, generator := range m.ConfigMapGenerator {
			for _, literal := range generator.Literals {
				name, value, _ := strings.Cut(literal, "=")
				settings[name] = value
			}
		}
		for _, tr := range m.Spec.Triggers {
			trigger = tr.Metadata
		}
	}
	for key, want := range map[string]string{
		"bootstrapServers":                   settings["DEDUCTOR_KAFKA_BROKERS"],
		"topic":                              settings["DEDUCTOR_KAFKA_TOPIC"],
		"consumerGroup":                      settings["DEDUCTOR_KAFKA_GROUP"],
		"offsetResetPolicy":                  "earliest",
		"allowIdleConsumers":                 "false",
		"ensureEvenDistributionOfPartitions": "true",
	} {
		if trigger[key] != want || want == "" {
			t.Errorf("%s is %q, want %q", key, trigger[key], want)
		}
	}
}
