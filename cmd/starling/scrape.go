package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

type scrapeCmd struct {
	URL        string                `arg:"" name:"URL" help:"The tracker's announce URL: udp://, http://, https://, ws:// or wss://."`
	InfoHashes []bittorrent.InfoHash `arg:"" name:"INFOHASH" help:"Info hashes of swarms, 40 hexadecimal digits each, or 64 of version 2."`
	probe
}

// Help follows the first line of starling scrape --help.
func (*scrapeCmd) Help() string {
	return "Nothing changes in the swarms. A swarm that the tracker does not know has zeros. Over HTTP the scrape URL is the " +
		"announce URL with its last \"/announce\" replaced by \"/scrape\". " +
		"With --json there is one object a line for each swarm: info_hash, seeders, leechers, completed."
}

// Run scrapes and prints a line for each swarm, in the order of the command line.
func (c *scrapeCmd) Run(ctx context.Context, out io.Writer) error {
	results, err := client.Scrape(ctx, c.URL, c.InfoHashes, c.options())
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if c.JSON {
		lines := json.NewEncoder(&page)
		for _, r := range results {
			if err := lines.Encode(scrapeReport{r.InfoHash, r.Seeders, r.Leechers, r.Completed}); err != nil {
				return err
			}
		}
	} else {
		w := tabwriter.NewWriter(&page, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "info hash\tseeders\tleechers\tcompleted") // a Buffer takes all
		for _, r := range results {
			_, _ = fmt.Fprintf(w, "%v\t%d\t%d\t%d\n", r.InfoHash, r.Seeders, r.Leechers, r.Completed)
		}
		_ = w.Flush()
	}
	_, err = out.Write(page.Bytes())
	return err
}

// A scrapeReport is a line that --json prints.
type scrapeReport struct {
	InfoHash  bittorrent.InfoHash `json:"info_hash"`
	Seeders   uint32              `json:"seeders"`
	Leechers  uint32              `json:"leechers"`
	Completed uint32              `json:"completed"`
}
