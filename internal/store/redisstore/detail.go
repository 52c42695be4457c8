package redisstore

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Detail returns what is known of a swarm, with at most limit peers a pool. Of an unknown swarm that
// is its hash.
func (s *Store) Detail(ctx context.Context, h bittorrent.InfoHash, limit int) (swarm.Detail, error) {
	return Detail(ctx, s.conn, h, limit, s.opts.Now())
}

// Detail reads what is known of a swarm at the time now, by Redis' clock: see [Store.Detail]. It needs no
// store that runs.
func Detail(
	ctx context.Context, conn *redisconn.Conn, h bittorrent.InfoHash, limit int, now time.Time,
) (swarm.Detail, error) {
	second := secondOf(now)
	pipe := conn.Pipeline()
	var pools [swarm.Families]poolReading
	for f := range pools {
		pools[f].ask(ctx, pipe, conn.Pool(swarm.Family(f), h), swarm.Family(f), second, limit)
	}
	completed := pipe.HGet(ctx, conn.Facts(h), "completed")
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return swarm.Detail{}, err
	}
	d := swarm.Detail{InfoHash: h}
	d.Completed = completedOf(completed.Val())
	for f := range pools {
		if p := pools[f].detail(swarm.Family(f), second, limit); p.Seeders+p.Leechers > 0 {
			d.Pools = append(d.Pools, p)
		}
	}
	return d, nil
}

// A poolReading is what is read of a pool: how many are alive, and some of them.
type poolReading struct {
	seeders, leechers       *redis.IntCmd
	seederList, leecherList *redis.ZSliceCmd
}

func (r *poolReading) ask(
	ctx context.Context, pipe redis.Pipeliner, key string, f swarm.Family, now second, limit int,
) {
	seedersTo, leechersFrom := borders(f, now)
	r.seeders = pipe.ZCount(ctx, key, "-inf", seedersTo)
	r.leechers = pipe.ZCount(ctx, key, leechersFrom, "+inf")
	if limit <= 0 {
		return
	}
	r.seederList = pipe.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{
		Key: key, ByScore: true, Start: "-inf", Stop: seedersTo, Count: int64(limit),
	})
	r.leecherList = pipe.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{
		Key: key, ByScore: true, Rev: true, Start: "+inf", Stop: leechersFrom, Count: int64(limit),
	})
}

// detail returns what was read, seeders first.
func (r *poolReading) detail(f swarm.Family, now second, limit int) swarm.PoolDetail {
	d := swarm.PoolDetail{Family: f, Seeders: uint32(r.seeders.Val()), Leechers: uint32(r.leechers.Val())}
	for _, list := range [...]*redis.ZSliceCmd{r.seederList, r.leecherList} {
		if list == nil {
			continue
		}
		for _, z := range list.Val() {
			member, _ := z.Member.(string)
			if len(d.Peers) == limit || len(member) != f.CompactLen() {
				continue // the latter is none of ours
			}
			expires := expiryOf(f, int64(z.Score)) - now
			d.Peers = append(d.Peers, swarm.PeerDetail{
				Peer:    swarm.PeerFrom(f, []byte(member)),
				Seeder:  z.Score < 0,
				Expires: time.Duration(expires) * time.Second,
			})
		}
	}
	return d
}
