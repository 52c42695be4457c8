package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/starling-tracker/starling/internal/app"
)

type versionCmd struct {
	JSON bool `name:"json" help:"Print a JSON object with the keys version, revision and go."`
}

// Run prints one line.
func (c *versionCmd) Run(out io.Writer) error {
	v := app.Version()
	if c.JSON {
		return json.NewEncoder(out).Encode(v)
	}
	_, err := fmt.Fprintf(out, "starling %s, revision %s, %s\n", v.Version, v.Revision, v.Go)
	return err
}
