package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/starling-tracker/starling/internal/config"
	"github.com/starling-tracker/starling/internal/ops"
	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

type swarmCmd struct {
	InfoHash string        `arg:"" name:"INFOHASH" help:"The swarm's info hash, 40 hexadecimal digits."`
	Ops      string        `name:"ops" placeholder:"HOST:PORT" help:"Where the tracker's ops.listen is; 127.0.0.1:6880 if Redis is not named either."`
	Limit    int           `name:"limit" default:"100" help:"Peers to show of each pool, at most 10000."`
	Timeout  time.Duration `name:"timeout" default:"10s" help:"How long to wait for the answer."`
	JSON     bool          `name:"json" help:"Print the report as the tracker gives it, a JSON object."`
	config.RedisFlags
}

// Help follows the first line of starling swarm --help.
func (*swarmCmd) Help() string {
	return "It asks the tracker, or with --redis.url (or the environment or file that say it) Redis itself, which needs no " +
		"tracker that runs. With --ops it always asks the tracker."
}

// maxReport bounds what is read of a report, well above three pools of the most peers.
const maxReport = 16 << 20

// Run asks what is known of a swarm, and prints it.
func (c *swarmCmd) Run(ctx context.Context, out io.Writer) error {
	hash, err := bittorrent.ParseInfoHash(c.InfoHash)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	ask := c.askTracker
	if c.Ops == "" && c.Redis.URL != "" {
		ask = c.askRedis
	}
	report, err := ask(ctx, hash)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(report)
	}
	return printSwarm(out, report)
}

func (c *swarmCmd) askTracker(ctx context.Context, hash bittorrent.InfoHash) (report ops.Swarm, err error) {
	address := cmp.Or(c.Ops, defaultOps)
	body, err := fetch(ctx, fmt.Sprintf("http://%s/swarms/%v?limit=%d", address, hash, c.Limit))
	if err != nil {
		return ops.Swarm{}, err
	}
	if err := json.Unmarshal(body, &report); err != nil {
		return ops.Swarm{}, fmt.Errorf("report of %s: %w", address, err)
	}
	return report, nil
}

// defaultOps is the default of ops.listen.
const defaultOps = "127.0.0.1:6880"

func (c *swarmCmd) askRedis(ctx context.Context, hash bittorrent.InfoHash) (ops.Swarm, error) {
	if c.Limit < 0 || c.Limit > ops.MaxPeers {
		return ops.Swarm{}, fmt.Errorf("limit: want a number from 0 to %d", ops.MaxPeers)
	}
	conn, now, err := openRedis(ctx, c.Redis)
	if err != nil {
		return ops.Swarm{}, err
	}
	defer conn.Close() //nolint:errcheck // nothing is under way
	detail, err := redisstore.Detail(ctx, conn, hash, c.Limit, now)
	if err != nil {
		return ops.Swarm{}, fmt.Errorf("redis: %w", err)
	}
	return ops.Report(detail), nil
}

func fetch(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read, or is of no use
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReport))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", resp.Status, strings.TrimSpace(string(body)))
	}
	return body, nil
}

func printSwarm(out io.Writer, s ops.Swarm) error {
	var page bytes.Buffer
	w := tabwriter.NewWriter(&page, 0, 0, 2, ' ', 0)
	line := func(cells ...string) { _, _ = io.WriteString(w, strings.Join(cells, "\t")+"\n") } // a Buffer takes all
	line("swarm", s.InfoHash.String())
	line("completed", strconv.FormatUint(uint64(s.Completed), 10))
	if len(s.Pools) == 0 {
		line("peers", "none")
	}
	for _, p := range s.Pools {
		counts := fmt.Sprintf("%d seeders, %d leechers", p.Seeders, p.Leechers)
		if shown := len(p.Peers); shown < int(p.Seeders+p.Leechers) {
			counts += fmt.Sprintf("; %d shown", shown)
		}
		line(p.Family, counts)
		for _, peer := range p.Peers {
			line("  "+peer.Peer, peer.Role, fmt.Sprintf("expires in %v", time.Duration(peer.ExpiresSeconds)*time.Second))
		}
	}
	_ = w.Flush()
	_, err := out.Write(page.Bytes())
	return err
}
