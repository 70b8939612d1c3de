package child

import (
	"os"
	"strings"

	"deductor/internal/config"
)

// Environment is this process's without what configures another Deductor.
func Environment() []string {
	var plain []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, config.EnvPrefix) {
			plain = append(plain, variable)
		}
	}
	return plain
}
