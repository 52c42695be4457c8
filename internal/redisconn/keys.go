package redisconn

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Keys makes the names of everything that Starling has in Redis.
//
// An info hash in a key is the hexadecimal digits of its first 3 bytes in braces and its other 17
// bytes as they are. What stands in braces decides the slot of a Cluster, so that all keys of a swarm
// are in one; the bytes themselves would be a closing brace once in 256 swarms.
type Keys struct{ prefix string }

// familyLetters tell the pools of a swarm apart.
const familyLetters = "46w"

// maxPrefix is how many bytes a prefix may have, which every key costs.
const maxPrefix = 64

// CheckPrefix returns an error that names redis.prefix when names cannot begin with it.
func CheckPrefix(prefix string) error {
	switch {
	case strings.ContainsAny(prefix, "{}"):
		return fmt.Errorf("redis.prefix: %q has braces in it, which decide the slot of a Cluster's key; leave them away", prefix)
	case strings.ContainsFunc(prefix, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		return fmt.Errorf("redis.prefix: %q has characters in it that nobody can type or put into an ACL; leave them away", prefix)
	case len(prefix) > maxPrefix:
		return fmt.Errorf("redis.prefix: it has %d bytes, and every key would; use at most %d", len(prefix), maxPrefix)
	}
	return nil
}

// NewKeys returns the names that begin with prefix, if they may: see [CheckPrefix].
func NewKeys(prefix string) (Keys, error) { return Keys{prefix}, CheckPrefix(prefix) }

// Pool is the sorted set of the members of a swarm's family.
func (k Keys) Pool(f swarm.Family, h bittorrent.InfoHash) string {
	return k.ofSwarm(familyLetters[f], h)
}

// Facts is the hash of what is known of a swarm beside its members.
func (k Keys) Facts(h bittorrent.InfoHash) string { return k.ofSwarm('h', h) }

func (k Keys) ofSwarm(letter byte, h bittorrent.InfoHash) string {
	const tagged = 3
	buf := make([]byte, 0, 64)
	buf = append(buf, k.prefix...)
	buf = append(buf, letter, '{')
	buf = hex.AppendEncode(buf, h[:tagged])
	buf = append(buf, '}')
	return string(append(buf, h[tagged:]...))
}

// Replicas is the sorted set of the replicas' tags by their last heartbeat.
func (k Keys) Replicas() string { return k.prefix + "replicas" }

// Replica is the hash of what a replica says of itself.
func (k Keys) Replica(tag string) string { return k.prefix + "replica:" + tag }

// Secrets is the hash of the secrets of connection IDs, by day.
func (k Keys) Secrets() string { return k.prefix + "secrets" }

// Meta is the hash of what all replicas must agree on.
func (k Keys) Meta() string { return k.prefix + "meta" }

// Partition returns which of so many partitions carries the signals to a browser: FNV-1a of its ID.
func Partition(id bittorrent.PeerID, partitions int) int {
	sum := uint32(2166136261)
	for _, b := range id {
		sum = (sum ^ uint32(b)) * 16777619
	}
	return int(sum % uint32(partitions))
}

// Channel is the channel of the signals to a browser. Those of a partition are in one slot.
func (k Keys) Channel(id bittorrent.PeerID, partitions int) string {
	return k.Channels(Partition(id, partitions)) + string(id[:])
}

// Channels is what the names of all channels of a partition begin with. The rest is a peer ID, but for those
// that replicas send themselves probes on, which are of another length.
func (k Keys) Channels(partition int) string {
	return k.prefix + "s:{" + strconv.Itoa(partition) + "}:"
}
