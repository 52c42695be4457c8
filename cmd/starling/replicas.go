package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/starling-tracker/starling/internal/config"
	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/replica"
)

type replicasCmd struct {
	Timeout time.Duration `name:"timeout" default:"5s" help:"How long to wait for Redis."`
	JSON    bool          `name:"json" help:"Print JSON."`
	config.RedisFlags
}

// Help follows the first line of starling replicas --help.
func (*replicasCmd) Help() string {
	return "A replica is on the list from its first contact with Redis until half a minute after its last. With --json it is " +
		"an object: tag, hostname, addrs, version, revision, started and seen, which are times."
}

// Run prints which replicas there are.
func (c *replicasCmd) Run(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	conn, now, err := openRedis(ctx, c.Redis)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing is under way
	replicas, err := replica.List(ctx, conn, now)
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(replicaReports(replicas))
	}
	return printReplicas(out, replicas, now)
}

// openRedis returns a client of the Redis at address, and the time by its clock.
func openRedis(ctx context.Context, address config.RedisAddress) (*redisconn.Conn, time.Time, error) {
	if address.URL == "" {
		return nil, time.Time{}, errors.New("redis.url is not set: give --redis.url, STARLING_REDIS_URL or --config")
	}
	redisconn.LogTo(slog.New(slog.DiscardHandler)) // errors are told by who meets them
	conn, err := redisconn.Open(address.Options())
	if err != nil {
		return nil, time.Time{}, err
	}
	if _, err := conn.Sync(ctx); err != nil {
		_ = conn.Close()
		return nil, time.Time{}, fmt.Errorf("redis: %w", err)
	}
	if there, err := conn.Exists(ctx, conn.Meta()).Result(); err != nil || there == 0 {
		_ = conn.Close()
		if err == nil {
			err = fmt.Errorf("no tracker has used it with the prefix %q", address.Prefix)
		}
		return nil, time.Time{}, fmt.Errorf("redis: %w", err)
	}
	return conn, conn.Now(), nil
}

// A replicaReport is what --json prints of a replica.
type replicaReport struct {
	Tag      string    `json:"tag"`
	Hostname string    `json:"hostname"`
	Addrs    []string  `json:"addrs"`
	Version  string    `json:"version"`
	Revision string    `json:"revision"`
	Started  time.Time `json:"started,omitzero"`
	Seen     time.Time `json:"seen"`
}

func replicaReports(replicas []replica.Info) []replicaReport {
	reports := make([]replicaReport, 0, len(replicas))
	for _, r := range replicas {
		reports = append(reports, replicaReport{
			r.Tag, r.Hostname, append([]string{}, r.Addrs...), r.Version, r.Revision, utc(r.Started), utc(r.Seen),
		})
	}
	return reports
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

func printReplicas(out io.Writer, replicas []replica.Info, now time.Time) error {
	if len(replicas) == 0 {
		_, err := fmt.Fprintln(out, "no replica was seen in the last half minute")
		return err
	}
	var page bytes.Buffer
	w := tabwriter.NewWriter(&page, 0, 0, 2, ' ', 0)
	line := func(cells ...string) { _, _ = io.WriteString(w, strings.Join(cells, "\t")+"\n") } // a Buffer takes all
	line("replica", "hostname", "version", "up", "seen", "addresses")
	for _, r := range replicas {
		up := "-"
		if !r.Started.IsZero() {
			up = seconds(now.Sub(r.Started))
		}
		line(r.Tag, plain(r.Hostname), plain(r.Version), up, seconds(now.Sub(r.Seen))+" ago", plain(strings.Join(r.Addrs, " ")))
	}
	_ = w.Flush()
	_, err := out.Write(page.Bytes())
	return err
}

func seconds(d time.Duration) string { return max(d, 0).Truncate(time.Second).String() }

// plain returns a text that somebody else made up as a terminal may have it.
func plain(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return strconv.Quote(text)
	}
	return cmp.Or(text, "-")
}
