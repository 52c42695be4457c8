package config

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
)

var (
	//go:embed docs.md
	docsHead string
	//go:embed example.yaml
	docsExample string
)

//go:generate go test -run ^TestDocs -update .

// WriteDocs writes docs/configuration.md: how settings are given, an example file, and every
// setting with all its names, its default and its meaning.
func WriteDocs(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n```yaml\n%s```\n", docsHead, docsExample)
	group := ""
	for _, s := range settings(new(Config)) {
		if s.Group.Title != group {
			group = s.Group.Title
			fmt.Fprintf(&b, "\n## %s\n", group)
		}
		value := "none"
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n`%s` · `--%s` · default %s\n",
			s.Name, s.Help, variable(s.Name), s.Name, value)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
