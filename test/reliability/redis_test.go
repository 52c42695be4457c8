package reliability_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

// infoNumber returns a number of INFO, or 0 when there is none of that name.
func infoNumber(s *redistest.Server, section, name string) int {
	for line := range strings.Lines(s.Text("INFO", section)) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			n, _ := strconv.Atoi(text)
			return n
		}
	}
	return 0
}

// scrape asks for a swarm over HTTP.
func scrape(s *starling) error {
	_, err := client.Scrape(context.Background(), "http://"+s.http+"/announce", []bittorrent.InfoHash{{1}}, client.Options{Timeout: giveUp})
	return err
}

// serving returns an error unless a node has its part in a Cluster of which every slot is served.
func serving(node *redistest.Server) error {
	if info := node.Text("CLUSTER", "INFO"); !strings.Contains(info, "cluster_state:ok") {
		return fmt.Errorf("%s: %s", node.Addr, info)
	}
	return nil
}
