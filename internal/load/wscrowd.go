package load

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A crowd is the sockets of a load and what they share.
type crowd struct {
	opts          WebSocketOptions
	browsers      []*browser
	announcers    []*browser // those that announce with offers, in an order of chance
	turn          int        // whose of them it is
	rng           *rand.Rand // of whoever dispatches announces
	pad           [6]byte    // what browser and slot in an offer ID are hidden with
	offer, answer []byte     // JSON values
	tally         wsTally
	free          chan struct{} // one for each announce that may be under way
	dispatch      announcement  // of whoever dispatches announces
	closing       atomic.Bool
	readers       sync.WaitGroup
}

// newCrowd plans who is in which swarm, in which role, and on which target.
func newCrowd(opts WebSocketOptions, targets int) (*crowd, error) {
	c := &crowd{
		opts: opts, rng: newRand(opts.Seed, 1),
		offer: description("offer", opts.SDPBytes), answer: description("answer", opts.SDPBytes),
	}
	binary.LittleEndian.PutUint32(c.pad[:], c.rng.Uint32())
	binary.LittleEndian.PutUint16(c.pad[4:], uint16(c.rng.Uint32()))
	hashes := InfoHashes(opts.Swarms, opts.Seed)
	receivers := make([]int, opts.Swarms) // of offers
	for i := range opts.Sockets {
		swarm, nth := i%opts.Swarms, i/opts.Swarms
		b := &browser{crowd: c, number: i, hash: hashes[swarm], target: nth % targets}
		b.seeder = spread(nth/targets, opts.Seeders) // a share of each target's
		if opts.Cross {
			b.seeder = spread(nth, opts.Seeders)
			b.target = swarm % targets
			if !b.seeder {
				b.target = (swarm + 1 + nth%(targets-1)) % targets
			}
		}
		b.id = browserID(c.rng)
		if !opts.Cross || !b.seeder {
			receivers[swarm]++
		}
		if !opts.Cross || b.seeder {
			c.announcers = append(c.announcers, b)
		}
		b.slots = make([]offerSlot, opts.Offers)
		c.browsers = append(c.browsers, b)
	}
	for _, n := range receivers {
		if !opts.Cross {
			n-- // the announcer
		}
		if n < opts.Offers {
			return nil, fmt.Errorf("offers: there are %d to receive the %d of an announce; give more sockets or fewer swarms", n, opts.Offers)
		}
	}
	if len(c.announcers) == 0 {
		return nil, fmt.Errorf("seeders: %v leaves nobody to announce", opts.Seeders)
	}
	c.rng.Shuffle(len(c.announcers), func(i, j int) {
		c.announcers[i], c.announcers[j] = c.announcers[j], c.announcers[i]
	})
	return c, nil
}

// spread reports whether the n-th of many is one of a share of them, spread evenly.
func spread(n int, share float64) bool { return int(float64(n+1)*share) > int(float64(n)*share) }

// browserID returns a peer ID as browsers make them.
func browserID(rng *rand.Rand) bittorrent.PeerID {
	id := bittorrent.PeerID([]byte("-WW0208-............"))
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/"
	for i := 8; i < len(id); i++ {
		id[i] = digits[rng.IntN(len(digits))]
	}
	return id
}

// open opens all sockets.
func (c *crowd) open(ctx context.Context, targets []*url.URL) error {
	const atOnce = 32
	d := wsDialer{network: c.opts.Network, timeout: max(c.opts.Timeout, silence)}
	g, dialing := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, b := range c.browsers {
		var key [16]byte
		binary.LittleEndian.PutUint64(key[:], c.rng.Uint64())
		binary.LittleEndian.PutUint64(key[8:], c.rng.Uint64())
		g.Go(func() error {
			if dialing.Err() != nil {
				return dialing.Err()
			}
			conn, in, err := d.dial(dialing, targets[b.target], sourceOf(c.opts.Sources, i), key)
			if err != nil {
				return fmt.Errorf("socket %d to %s: %w", i+1, c.opts.Targets[b.target], err)
			}
			b.begin(conn, in)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	return nil
}

// close closes all sockets, and returns when nothing of them runs any more.
func (c *crowd) close() {
	c.closing.Store(true)
	for _, b := range c.browsers {
		b.close()
	}
	c.readers.Wait()
}

// sweep gives up, about every 50 ms until ctx is done, what has been under way for too long.
func (c *crowd) sweep(ctx context.Context) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			for _, b := range c.browsers {
				b.giveUp(now)
			}
		}
	}
}
