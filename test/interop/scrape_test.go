package interop_test

import (
	"context"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

// counts is what a scrape says of a swarm; err stands for no answer.
type counts struct {
	seeders, leechers, completed uint32

	err string
}

func scrape(ctx context.Context, announce string, hash bittorrent.InfoHash) counts {
	result, err := client.Scrape(ctx, announce, []bittorrent.InfoHash{hash}, client.Options{Timeout: 5 * time.Second})
	if err != nil {
		return counts{err: err.Error()}
	}
	r := result[0]
	return counts{seeders: r.Seeders, leechers: r.Leechers, completed: r.Completed}
}
