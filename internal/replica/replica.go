// Package replica keeps what the replicas of a tracker share in Redis beside the swarms: the layout that
// all must agree on, the secrets of connection IDs, and who they are. It knows no swarm and no frontend.
//
//	<prefix>meta           hash  layout, partitions
//	<prefix>secrets        hash  day since 1970 (UTC) -> 16 random bytes
//	<prefix>replicas       zset  tag, by the unix second of its last heartbeat
//	<prefix>replica:<tag>  hash  hostname, addrs, version, revision, started; gone 30 s after the last
//
// Whoever comes first writes with HSETNX, and everybody reads back what is there, so that replicas that
// start at the same moment agree without a leader. Each heartbeat does it again, which heals what a flush
// took. Days and seconds are those of Redis' clock. No command has more than one key.
package replica

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/redisconn"
)

// Options say what the other replicas are told of this one.
type Options struct {
	Hostname string           // zero: it is listed without
	Version  string           // of the build; zero: it is listed without
	Revision string           // of the build's source; zero: it is listed without
	Now      func() time.Time // Redis' clock; zero: conn's, which Run keeps in time
}

// A Replica is this process among the others. Its methods may be called concurrently.
type Replica struct {
	conn    *redisconn.Conn
	log     *slog.Logger
	opts    Options
	metrics *metrics
	tag     string
	addrs   atomic.Pointer[[]string]
	secrets *secrets
	joined  chan struct{}
	up      atomic.Bool
	refuses atomic.Bool // the last heartbeat
	keeping keeping
}

// New returns a replica with a tag of its own and metrics in reg. It does nothing until Run is called,
// and does not close conn.
func New(conn *redisconn.Conn, log *slog.Logger, reg prometheus.Registerer, opts Options) *Replica {
	if opts.Now == nil {
		opts.Now = conn.Now
	}
	tag := make([]byte, tagBytes)
	_, _ = rand.Read(tag) // never fails: crypto/rand ends the process instead
	r := &Replica{
		conn:    conn,
		opts:    opts,
		metrics: newMetrics(reg),
		tag:     hex.EncodeToString(tag),
		secrets: newSecrets(conn),
		joined:  make(chan struct{}),
	}
	r.log = log.With(slog.String("replica", r.tag))
	return r
}

// Tag returns the name of this replica, which is random and as long as that of any other.
func (r *Replica) Tag() string { return r.tag }

// SetAddrs says where this replica listens, for the next heartbeat. An address holds no comma.
func (r *Replica) SetAddrs(addrs []string) { r.addrs.Store(&addrs) }

// Check returns what Run would return as soon as it met Redis, as far as Redis can be asked now, and nil when
// it cannot: then Run waits for it.
func (r *Replica) Check(ctx context.Context) error {
	if err := step(ctx, r.conn.Check); permanent(err) {
		return err
	}
	return nil
}

// Joined returns a channel that is closed once this replica and the others agree: from then on its
// connection IDs are good everywhere, and it may listen.
func (r *Replica) Joined() <-chan struct{} { return r.joined }

// Up reports whether Redis was there when it was last asked, which is at most two seconds ago while Run
// runs. A Cluster is there as long as a part of it serves.
func (r *Replica) Up() bool { return r.up.Load() }

// Takes reports whether Redis is up and takes what is written. One that has become a replica of another, or is
// full, is up and does not; nor do its swarms change then. It is noticed with the next heartbeat.
func (r *Replica) Takes() bool { return r.up.Load() && !r.refuses.Load() }

// Secrets returns the secret that connection IDs are made with at the time now, and another one that is
// accepted too. It takes no lock and does not allocate.
//
// In the first half of a day (UTC) the other one is yesterday's, in the second half tomorrow's, which is
// created a day ahead. So an ID is good over midnight at every replica, though their clocks, of which now
// may be any, differ by hours. When this replica has to take over another secret for today, as after a
// flush that another one healed first, its former one is the other for the life of an ID.
//
// Before Joined is closed both are a random secret of this replica alone. It does not count later, since
// nobody should have an ID by then, and yesterday's may be needed.
func (r *Replica) Secrets(now time.Time) (current, other [16]byte) {
	return r.secrets.days.Load().at(now.Unix())
}
