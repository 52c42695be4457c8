package main

import (
	"fmt"
	"io"

	"github.com/starling-tracker/starling/internal/config"
)

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Say whether a tracker could start with this configuration."`
	Print configPrintCmd `cmd:"" help:"Print the whole configuration as a file, without its secrets."`
}

type configCheckCmd struct{ config.Flags }

// Run has nothing left to check: only a valid configuration gets here.
func (*configCheckCmd) Run(out io.Writer) error {
	_, err := fmt.Fprintln(out, "configuration is valid")
	return err
}

type configPrintCmd struct{ config.Flags }

// Run prints what is set after the file, the environment and the command line were read.
func (c *configPrintCmd) Run(out io.Writer) error { return c.Config.Print(out) }
