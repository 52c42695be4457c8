package ops

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Peers a pool that a report holds, unless the query's limit says otherwise, and at most.
const (
	DefaultPeers = 100
	MaxPeers     = 10_000
)

// A Swarm is the report on one swarm, as JSON.
type Swarm struct {
	InfoHash  bittorrent.InfoHash `json:"info_hash"`
	Completed uint32              `json:"completed"`
	Pools     []Pool              `json:"pools"`
}

// A Pool is one family of a swarm.
type Pool struct {
	Family   string `json:"family"`
	Seeders  uint32 `json:"seeders"`
	Leechers uint32 `json:"leechers"`
	Peers    []Peer `json:"peers"` // perhaps not all of them
}

// A Peer is a member of a pool.
type Peer struct {
	Peer           string `json:"peer"` // address and port, or a browser's peer ID in hexadecimal
	Role           string `json:"role"` // seeder or leecher
	ExpiresSeconds int64  `json:"expires_seconds"`
}

type swarmHandler struct {
	store Inspector
	log   *slog.Logger
}

// ServeHTTP answers GET /swarms/{info_hash}?limit=N.
func (s swarmHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hash, err := bittorrent.ParseInfoHash(r.PathValue("info_hash"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	limit := DefaultPeers
	if text := r.URL.Query().Get("limit"); text != "" {
		limit, err = strconv.Atoi(text)
		if err != nil || limit < 0 || limit > MaxPeers {
			http.Error(w, "limit: want a number from 0 to "+strconv.Itoa(MaxPeers), http.StatusBadRequest)
			return
		}
	}
	detail, err := s.store.Detail(r.Context(), hash, limit)
	if err != nil {
		s.log.Warn("swarm report failed", slog.Any("err", err))
		http.Error(w, "the store does not answer: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(Report(detail)) // an operator that went away needs no report
}

// Report returns the report on a swarm.
func Report(d swarm.Detail) Swarm {
	out := Swarm{InfoHash: d.InfoHash, Completed: d.Completed, Pools: []Pool{}}
	for _, p := range d.Pools {
		pool := Pool{Family: p.Family.String(), Seeders: p.Seeders, Leechers: p.Leechers, Peers: []Peer{}}
		for _, member := range p.Peers {
			role := "leecher"
			if member.Seeder {
				role = "seeder"
			}
			pool.Peers = append(pool.Peers, Peer{
				Peer: member.Peer.String(), Role: role, ExpiresSeconds: int64(member.Expires / time.Second),
			})
		}
		out.Pools = append(out.Pools, pool)
	}
	return out
}
