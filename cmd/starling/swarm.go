package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/starling-tracker/starling/internal/ops"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

type swarmCmd struct {
	InfoHash string        `arg:"" name:"INFOHASH" help:"The swarm's info hash, 40 hexadecimal digits."`
	Ops      string        `name:"ops" default:"127.0.0.1:6880" placeholder:"HOST:PORT" help:"Where the tracker's ops.listen is."`
	Limit    int           `name:"limit" default:"100" help:"Peers to show of each pool, at most 10000."`
	Timeout  time.Duration `name:"timeout" default:"10s" help:"How long to wait for the tracker."`
	JSON     bool          `name:"json" help:"Print the report as the tracker gives it, a JSON object."`
}

// maxReport bounds what is read of a report, well above three pools of the most peers.
const maxReport = 16 << 20

// Run asks a running tracker what it knows of a swarm, and prints it.
func (c *swarmCmd) Run(ctx context.Context, out io.Writer) error {
	hash, err := bittorrent.ParseInfoHash(c.InfoHash)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	body, err := fetch(ctx, fmt.Sprintf("http://%s/swarms/%v?limit=%d", c.Ops, hash, c.Limit))
	if err != nil {
		return err
	}
	if c.JSON {
		_, err = out.Write(body)
		return err
	}
	var report ops.Swarm
	if err := json.Unmarshal(body, &report); err != nil {
		return fmt.Errorf("report of %s: %w", c.Ops, err)
	}
	return printSwarm(out, report)
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
