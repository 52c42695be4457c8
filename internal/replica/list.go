package replica

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/redisconn"
)

const (
	maxListed     = 10_000 // replicas in a list
	maxFactBytes  = 256    // of each text of an Info
	maxAddrs      = 64     // of a replica
	listBatchSize = 500    // replicas asked for in a round trip
)

// An Info is what a replica said of itself. Its texts are of any bytes, since whoever writes into Redis
// makes them up, but at most 256 each; quote them. The tag is one.
type Info struct {
	Tag      string
	Hostname string
	Addrs    []string // at most 64
	Version  string
	Revision string
	Started  time.Time // zero when it did not say
	Seen     time.Time // its last heartbeat
}

// factFields are the fields of what a replica says, in the order in which infoOf reads them.
var factFields = []string{"hostname", "addrs", "version", "revision", "started"}

// List returns the replicas whose last heartbeat is less than half a minute before now, by Redis' clock, in
// the order of their tags; of more than 10,000 the last that were seen.
func List(ctx context.Context, conn *redisconn.Conn, now time.Time) ([]Info, error) {
	second := now.Unix()
	entries, err := conn.ZRevRangeByScoreWithScores(ctx, conn.Replicas(), &redis.ZRangeBy{
		Min: strconv.FormatInt(second-entrySeconds, 10), Max: strconv.FormatInt(second+entrySeconds, 10), Count: maxListed,
	}).Result()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", conn.Replicas(), err)
	}
	entries = slices.DeleteFunc(entries, func(e redis.Z) bool { return !validTag(e.Member) })
	infos := make([]Info, 0, len(entries))
	for batch := range slices.Chunk(entries, listBatchSize) {
		if infos, err = appendInfos(ctx, conn, infos, batch); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(infos, func(a, b Info) int { return cmp.Compare(a.Tag, b.Tag) })
	return infos, nil
}

// appendInfos appends what the replicas say of themselves. Those that say nothing are gone.
func appendInfos(ctx context.Context, conn *redisconn.Conn, infos []Info, entries []redis.Z) ([]Info, error) {
	pipe := conn.Pipeline()
	replies := make([]*redis.SliceCmd, 0, len(entries))
	for _, e := range entries {
		replies = append(replies, pipe.HMGet(ctx, conn.Replica(tagOf(e)), factFields...))
	}
	_, _ = pipe.Exec(ctx) // each reply has its own error
	for i, reply := range replies {
		if err := reply.Err(); redis.HasErrorPrefix(err, "WRONGTYPE") {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", conn.Replica(tagOf(entries[i])), err)
		}
		if info, ok := infoOf(reply.Val()); ok {
			info.Tag, info.Seen = tagOf(entries[i]), time.Unix(int64(entries[i].Score), 0)
			infos = append(infos, info)
		}
	}
	return infos, nil
}

// infoOf reads the values of factFields, and reports whether there was any.
func infoOf(values []any) (info Info, ok bool) {
	facts := make([]string, len(factFields))
	for i, v := range values {
		text, there := v.(string)
		facts[i] = text
		ok = ok || there
	}
	info.Hostname, info.Version, info.Revision = cut(facts[0]), cut(facts[2]), cut(facts[3])
	for addr := range strings.SplitSeq(facts[1], ",") {
		if addr != "" && len(info.Addrs) < maxAddrs {
			info.Addrs = append(info.Addrs, cut(addr))
		}
	}
	if started, err := strconv.ParseInt(facts[4], 10, 64); err == nil {
		info.Started = time.Unix(started, 0)
	}
	return info, ok
}

// cut returns the beginning of a text, and keeps nothing of a longer one in memory.
func cut(text string) string {
	if len(text) <= maxFactBytes {
		return strings.Clone(text)
	}
	return strings.Clone(text[:maxFactBytes])
}

func tagOf(e redis.Z) string {
	tag, _ := e.Member.(string)
	return tag
}

// validTag reports whether a member can be a tag.
func validTag(member any) bool {
	tag, _ := member.(string)
	if len(tag) != 2*tagBytes || strings.ToLower(tag) != tag {
		return false
	}
	_, err := hex.DecodeString(tag)
	return err == nil
}
