package config

import (
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/starling-tracker/starling/internal/redisconn"
)

// Validate returns nil, or [Problems] that name each key whose value cannot work and what to do
// about it.
func (c Config) Validate() error {
	var r report
	c.HTTP.validate(&r)
	c.UDP.validate(&r)
	c.WS.validate(&r)
	c.Tracker.validate(&r)
	c.Store.validate(&r, c.Tracker)
	c.Redis.validate(&r)
	r.require(len(c.HTTP.Listen)+len(c.UDP.Listen) > 0 || c.WS.Enabled && len(c.WS.Listen) > 0,
		"http.listen and udp.listen are both empty; set one of them, or ws.listen with ws.enabled, or nobody can announce")
	if c.Ops.Listen != "" {
		r.addr("ops.listen", c.Ops.Listen)
	}
	r.require(c.Shutdown.Drain >= 0, "shutdown.drain: %s is negative; use 0s for no wait", c.Shutdown.Drain)
	r.require(c.Shutdown.Timeout >= 0, "shutdown.timeout: %s is negative; use 0s to cut requests off", c.Shutdown.Timeout)
	r.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	r.oneOf("log.format", c.Log.Format, "text", "json")
	return r.err()
}

// headerName matches a field name of RFC 9110.
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

func (h HTTP) validate(r *report) {
	for _, addr := range h.Listen {
		r.addr("http.listen", addr)
	}
	r.require(h.IdleTimeout >= time.Second,
		"http.idle_timeout: %s is too short to keep a connection for; use 1s or more", h.IdleTimeout)
	r.limit("http.max_connections", h.MaxConnections)
	r.require(headerName.MatchString(h.ClientIPHeader),
		"http.client_ip_header: %q is no header name; use one like X-Forwarded-For", h.ClientIPHeader)
	for _, n := range h.TrustIPParamFrom {
		r.require(private(n),
			"http.trust_ip_param_from: %s is not private, so strangers could announce other people's addresses; "+
				"use networks within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 169.254.0.0/16, "+
				"127.0.0.0/8, fc00::/7, fe80::/10 or ::1", n)
	}
}

func (u UDP) validate(r *report) {
	for _, addr := range u.Listen {
		r.addr("udp.listen", addr)
	}
	r.require(u.Sockets >= 0 && u.Sockets <= 1024,
		"udp.sockets: %d is out of range; use 0 for one for each processor, or up to 1024", u.Sockets)
	r.require(u.ReceiveBuffer >= 0 && u.ReceiveBuffer <= 1<<30,
		"udp.receive_buffer: %s is out of range; use 0 for the system's own, or up to 1GiB", u.ReceiveBuffer)
	r.require(u.SendBuffer >= 0 && u.SendBuffer <= 1<<30,
		"udp.send_buffer: %s is out of range; use 0 for the system's own, or up to 1GiB", u.SendBuffer)
	r.require(u.MaxReply >= 548 && u.MaxReply <= 1452,
		"udp.max_reply: %s is out of range; use 548 to 1452 bytes, what packets carry unfragmented", u.MaxReply)
	key := "udp.secret"
	if u.SecretFile != "" {
		key = "udp.secret_file"
	}
	r.require(u.Secret == "" || len(u.Secret) >= 16,
		"%s: the secret is too short to keep others from guessing it; use 16 bytes or more", key)
}

func (w WS) validate(r *report) {
	for _, addr := range w.Listen {
		r.addr("ws.listen", addr)
	}
	r.require(w.Interval >= time.Second && w.Interval <= 24*time.Hour,
		"ws.interval: %s is out of range; use 1s to 24h", w.Interval)
	r.require(w.Lease >= 3*time.Second && w.Lease <= time.Hour, "ws.lease: %s is out of range; use 3s to 1h", w.Lease)
	r.limit("ws.max_sessions", w.MaxSessions)
	r.limit("ws.max_sessions_per_ip", w.MaxSessionsPerIP)
	r.require(w.MaxMessage >= 4<<10 && w.MaxMessage <= 16<<20,
		"ws.max_message: %s is out of range; use 4KiB to 16MiB", w.MaxMessage)
	r.require(w.MaxOffers >= 1 && w.MaxOffers <= 200, "ws.max_offers: %d is out of range; use 1 to 200", w.MaxOffers)
	r.require(w.Outbox >= 16<<10 && w.Outbox <= 64<<20,
		"ws.outbox: %s is out of range; use 16KiB to 64MiB", w.Outbox)
	r.require(w.Ping >= 3*time.Second && w.Ping <= 10*time.Minute, "ws.ping: %s is out of range; use 3s to 10m", w.Ping)
	r.require(w.CloseOver >= 0, "ws.close_over: %s is negative; use 0s to close all at once", w.CloseOver)
	for _, pattern := range w.Origins {
		_, err := path.Match(pattern, "")
		_, host, scheme := strings.Cut(pattern, "://")
		if !scheme {
			host = pattern
		}
		// An origin has no path, and so a pattern with one, or with no more than a slash, would let nobody in.
		r.require(err == nil && host != "" && !strings.Contains(host, "/"),
			"ws.origins: %q is no pattern; use one like example.org, *.example.org or https://example.org", pattern)
	}
}

func (t Tracker) validate(r *report) {
	r.require(t.Interval >= time.Second && t.Interval <= 24*time.Hour,
		"tracker.interval: %s is out of range; use 1s to 24h", t.Interval)
	r.require(t.MinInterval >= 0 && t.MinInterval <= t.Interval,
		"tracker.min_interval: %s is out of range; use 0s to tracker.interval, which is %s", t.MinInterval, t.Interval)
	r.require(t.MaxNumWant >= 1 && t.MaxNumWant <= 10_000,
		"tracker.max_numwant: %d is out of range; use 1 to 10000", t.MaxNumWant)
	r.require(t.NumWant >= 0 && t.NumWant <= t.MaxNumWant,
		"tracker.numwant: %d is out of range; use 0 to tracker.max_numwant, which is %d", t.NumWant, t.MaxNumWant)
}

func (s Store) validate(r *report, t Tracker) {
	longest := t.Interval
	if t.IntervalJitter {
		longest += t.Interval / 10
	}
	r.require(s.PeerLifetime > longest,
		"store.peer_lifetime: %s is too short, peers would vanish between two announces; use more than tracker.interval with its jitter, %s",
		s.PeerLifetime, longest)
	r.limit("store.max_swarms", s.MaxSwarms)
	r.limit("store.max_peers_per_swarm", s.MaxPeersPerSwarm)
	r.limit("store.max_peers", s.MaxPeers)
}

func (c Redis) validate(r *report) {
	switch {
	case c.URLFile != "" && strings.ContainsAny(string(c.URL), "\r\n"):
		r.add("redis.url_file: there are several lines in it; keep the URL alone")
	case c.URL != "":
		if err := redisconn.CheckURL(string(c.URL)); err != nil {
			r.add("%w", err)
		}
	}
	if err := redisconn.CheckFiles(string(c.URL), c.Options().Files); err != nil {
		r.add("%w", err)
	}
	if err := redisconn.CheckPrefix(c.Prefix); err != nil {
		r.add("%w", err)
	}
	r.require(c.Deadline >= 10*time.Millisecond && c.Deadline <= 30*time.Second,
		"redis.deadline: %s is out of range; use 10ms to 30s", c.Deadline)
	r.require(c.Recount >= 0 && c.Recount <= 10*time.Minute,
		"redis.recount: %s is out of range; use 0s to count for each reply, or up to 10m", c.Recount)
	r.require(c.Remember >= 1, "redis.remember: %d is too few; use 1 or more", c.Remember)
}
