package main

import (
	"context"
	"io"
	"log/slog"

	"github.com/alecthomas/kong"

	"github.com/starling-tracker/starling/internal/app"
	"github.com/starling-tracker/starling/internal/config"
)

type serveCmd struct{ config.Flags }

// Help follows the first line of starling serve --help.
func (*serveCmd) Help() string {
	return "Nothing has to be set; values shown are defaults. A flag like --udp.max_reply is also the environment variable " +
		"STARLING_UDP_MAX_REPLY and the key udp.max_reply of the YAML file; the flag counts most, the file least. " +
		"SIGTERM or SIGINT stops the tracker in good order, a second one at once."
}

// Run serves until ctx is canceled and everything has stopped.
func (c *serveCmd) Run(ctx context.Context, k *kong.Kong) error {
	return app.Run(ctx, c.Config, newLogger(k.Stderr, c.Config.Log))
}

func newLogger(w io.Writer, cfg config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		panic(err) // Validate lets no other level through
	}
	opts := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}
