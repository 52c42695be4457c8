// Package config holds every setting of the tracker: its name, its default, what it means, and how
// it is read from a file, the environment and the command line. It knows nothing of the parts that
// are set; they take plain options, and internal/app translates.
//
// The tags of [Config] are the only list of settings. A setting has one dotted name everywhere: the
// file says
//
//	udp:
//	  listen: [":6969"]
//
// the environment STARLING_UDP_LISTEN=:6969, the command line --udp.listen=:6969. What the command
// line says counts more than the environment, the environment more than the file, the file more
// than the default.
package config

import (
	"time"

	"github.com/starling-tracker/starling/internal/redisconn"
)

// Config is what a node runs with. One that came from [Load] or [Flags] has passed Validate.
type Config struct {
	HTTP     HTTP     `embed:"" prefix:"http." group:"HTTP announces"`
	UDP      UDP      `embed:"" prefix:"udp." group:"UDP announces"`
	WS       WS       `embed:"" prefix:"ws." group:"Browsers (WebTorrent)"`
	Tracker  Tracker  `embed:"" prefix:"tracker." group:"What clients are told"`
	Store    Store    `embed:"" prefix:"store." group:"How peers are kept"`
	Redis    Redis    `embed:"" prefix:"redis." group:"Swarms shared by replicas"`
	Ops      Ops      `embed:"" prefix:"ops." group:"Operations"`
	Shutdown Shutdown `embed:"" prefix:"shutdown." group:"Shutting down"`
	Log      Log      `embed:"" prefix:"log." group:"Logging"`
}

// HTTP sets the frontend that serves announces and scrapes over HTTP.
type HTTP struct {
	Listen           Addrs         `name:"listen" default:":6969" help:"Addresses to listen on, each host:port. Without a host it is all addresses of both families, with 0.0.0.0 or [::] those of one. Port 0 picks a free one; an empty list turns HTTP off."`
	IdleTimeout      time.Duration `name:"idle_timeout" default:"60s" help:"How long a kept-alive connection may wait for its next request before it is closed. At least 1s."`
	MaxConnections   int           `name:"max_connections" default:"32768" help:"Connections open at once on each address listened on. Those above wait in the kernel's queue. Those of browsers count as long as they are being opened; then ws.max_sessions bounds them. Zero: no limit."`
	TrustedProxies   Networks      `name:"trusted_proxies" placeholder:"NETWORK,..." help:"Networks of reverse proxies, such as 10.0.0.0/8. A request from one of them has its client's address taken from client_ip_header. Empty: every address is the connection's own."`
	ClientIPHeader   string        `name:"client_ip_header" default:"X-Forwarded-For" help:"Header in which trusted proxies pass on the client's address. Ignored from everybody else."`
	TrustIPParamFrom Networks      `name:"trust_ip_param_from" placeholder:"NETWORK,..." help:"Private networks whose clients may announce another address with ip=. Anybody believed can enter other people's addresses, so public networks are refused. Empty: nobody is believed."`
}

// UDP sets the frontend that serves announces and scrapes over UDP (BEP 15).
type UDP struct {
	Listen        Addrs  `name:"listen" default:":6969" help:"Addresses to listen on, each host:port. Without a host it is all addresses of both families, with 0.0.0.0 or [::] those of one. Port 0 picks a free one; an empty list turns UDP off."`
	Sockets       int    `name:"sockets" default:"0" help:"Sockets on each address, over which Linux spreads the clients; each is read by a loop of its own. Zero: one for each processor that Go uses. Elsewhere than on Linux it is always one."`
	ReceiveBuffer Size   `name:"receive_buffer" default:"4MiB" help:"Socket buffer to ask of the kernel, in bytes; it holds what arrives in a burst. Linux gives no more than net.core.rmem_max. Zero: the system's own."`
	SendBuffer    Size   `name:"send_buffer" default:"4MiB" help:"Socket buffer to ask of the kernel for replies that are on their way, in bytes. Those to addresses that are looked for, perhaps in vain, stay in it for seconds, and when it is full replies are dropped. Linux gives no more than net.core.wmem_max. Zero: the system's own."`
	MaxReply      Size   `name:"max_reply" default:"1232" help:"Largest reply in bytes, 548 to 1452. 1232 holds 202 IPv4 or 67 IPv6 peers and is sure to pass unfragmented."`
	Secret        Secret `name:"secret" placeholder:"TEXT" help:"Secret that connection IDs are made with, 16 bytes or more, the same on all replicas behind one address. Others on this machine see it on a command line: prefer secret_file. Empty: a random one, with Redis the same on all replicas and another each day, otherwise new at each start."`
	SecretFile    string `name:"secret_file" placeholder:"FILE" help:"File that holds the secret, in place of secret. White space around it does not count."`
}

// WS sets the frontend that serves browsers over WebSocket.
type WS struct {
	Enabled          bool          `name:"enabled" default:"true" negatable:"" help:"Serve browsers (WebTorrent) over WebSocket. Without it a request to open one is answered like any other of HTTP."`
	Listen           Addrs         `name:"listen" placeholder:"HOST:PORT,..." help:"Addresses for browsers alone, each host:port as in http.listen. Empty: they share those of http.listen, where every path leads them to the tracker."`
	Interval         time.Duration `name:"interval" default:"2m" help:"How long browsers are asked to wait between announces, 1s to 24h; each connection is told a time of its own up to 10 % away from it. Those that are silent for two and a half times as long are forgotten."`
	Lease            time.Duration `name:"lease" default:"1m" help:"How long browsers stay in their swarms when the replica that has their connections is killed, 3s to 1h and never longer than store.peer_lifetime. Each browser's record is renewed three times as often. Those whose connection closes are gone at once, whatever this is."`
	MaxSessions      int           `name:"max_sessions" default:"32768" help:"Browsers' connections open at once. Others are told to try again later, with 503. They do not count among http.max_connections once they are open. Each takes about 20 KiB of memory, more while its browser reads too slowly. Zero: no limit."`
	MaxSessionsPerIP int           `name:"max_sessions_per_ip" default:"0" help:"Connections open at once from one IPv4 address or one IPv6 network of 64 bits, as http.trusted_proxies tells them. A school or a carrier may have thousands of browsers behind one, and a proxy that is not trusted has everybody. Zero: no limit but max_sessions."`
	MaxMessage       Size          `name:"max_message" default:"256KiB" help:"Largest message to accept of a browser, 4KiB to 16MiB. One that sends a larger one is disconnected."`
	MaxOffers        int           `name:"max_offers" default:"20" help:"Offers of connections to take from one announce, each for one other browser; the rest is ignored. 1 to 200."`
	Outbox           Size          `name:"outbox" default:"256KiB" help:"Memory for what waits to be sent to one browser, 16KiB to 64MiB. When it is full the oldest offers of others are dropped first."`
	Ping             time.Duration `name:"ping" default:"45s" help:"Longest time between pings, which keep proxies from closing idle connections and find those that are dead; 3s to 10m. Each connection has a time of its own between two thirds and all of it."`
	Origins          Patterns      `name:"origins" placeholder:"PATTERN,..." help:"Origins whose pages may connect, such as example.org, *.example.org or https://example.org, with the port if their URL has one, as in example.org:8443; those of the tracker's own host always may, and so may clients that are no browsers and name no origin. Empty: every page may."`
	CloseOver        time.Duration `name:"close_over" default:"4s" help:"Over how long connections are closed when the tracker stops, so that browsers do not reconnect all at once. shutdown.timeout bounds it. Zero: all at once."`
}

// Tracker sets what clients are told and how much they get.
type Tracker struct {
	Interval       time.Duration `name:"interval" default:"30m" help:"How long clients are asked to wait between announces, 1s to 24h."`
	MinInterval    time.Duration `name:"min_interval" default:"15m" help:"How soon a client may announce again when it wants more peers. At most interval. Zero: at any time."`
	IntervalJitter bool          `name:"interval_jitter" default:"true" negatable:"" help:"Vary the interval by up to 10 % from client to client, so that those who came together do not come back together."`
	NumWant        int           `name:"numwant" default:"50" help:"Peers in a reply to a client that does not say how many it wants. At most max_numwant. Zero: none."`
	MaxNumWant     int           `name:"max_numwant" default:"200" help:"Most peers in a reply, however many a client wants, 1 to 10000."`
}

// Store sets how many peers and swarms are kept, and for how long.
type Store struct {
	PeerLifetime     time.Duration `name:"peer_lifetime" default:"50m" help:"How long a peer that announces no more is still handed out. More than interval and its jitter, or peers vanish between two announces."`
	MaxSwarms        int           `name:"max_swarms" default:"4000000" help:"Swarms kept at once. Announces that would start another are refused. Zero: no limit. With Redis it does not count: maxmemory of Redis does."`
	MaxPeersPerSwarm int           `name:"max_peers_per_swarm" default:"1000000" help:"Peers kept of one swarm. Announces of others are refused. Zero: no limit."`
	MaxPeers         int           `name:"max_peers" default:"20000000" help:"Peers kept of all swarms together. Announces of others are refused. Zero: no limit. With Redis it does not count."`
}

// RedisAddress is what it takes to find what replicas have in Redis.
type RedisAddress struct {
	URL      Secret `name:"url" placeholder:"URL" help:"Redis, 7.0 or newer, in which replicas share their swarms: redis://[user:password@]host[:port][/database], rediss:// for TLS; with several addresses between commas also ?mode=cluster, or the Sentinels with ?mode=sentinel&master=NAME. What is special in a user or password is written as % and two digits: %40 for @, %2F for /. Others on this machine see it on a command line: one with a password belongs into url_file. Empty: swarms are in the memory of this process, and of no other."`
	URLFile  string `name:"url_file" placeholder:"FILE" help:"File that holds the URL, in place of url. White space around it does not count."`
	CAFile   string `name:"ca_file" placeholder:"FILE" help:"File with the certificates of those who may vouch for Redis, PEM, for rediss:// with a CA of your own. It is read again for each new connection, as cert_file and key_file are. Empty: those that the system trusts."`
	CertFile string `name:"cert_file" placeholder:"FILE" help:"File with the certificate to show to a Redis that asks for one, PEM; tls-auth-clients of Redis, yes by default, says whether it does. Empty: none."`
	KeyFile  string `name:"key_file" placeholder:"FILE" help:"File with the private key of cert_file, PEM and not encrypted."`
	Prefix   string `name:"prefix" default:"st:" help:"What the names of all keys and channels in Redis begin with, the same on all replicas. Without braces and white space, at most 64 bytes."`
}

// Options returns what it takes to open it.
func (a RedisAddress) Options() redisconn.Options {
	return redisconn.Options{
		URL: string(a.URL), Prefix: a.Prefix,
		Files: redisconn.Files{CA: a.CAFile, Cert: a.CertFile, Key: a.KeyFile},
	}
}

// Redis sets where replicas keep the swarms that they share.
type Redis struct {
	RedisAddress `embed:""`

	Deadline time.Duration `name:"deadline" default:"500ms" help:"How long an announce waits for Redis before its client is told to come back in a few minutes, 10ms to 30s."`
	Recount  time.Duration `name:"recount" default:"10s" help:"How old the counts may be that a reply shows of the pools its client is not in: IPv6 peers for one on IPv4; as much later it may be told of the first of them. Scrapes always count. Zero: counted for each reply, at a price."`
	Remember int           `name:"remember" default:"1000000" help:"Swarms whose size a replica remembers, about 200 bytes each, to ask Redis for no more than needed. With fewer of them remembered more is asked."`
	Required bool          `name:"required" default:"false" negatable:"" help:"Have /readyz answer 503 while Redis is away or takes no writes, so that load balancers send clients to replicas that reach it. Without it a replica stays ready and refuses politely: when Redis is away for all there is nobody better."`
}

// Ops sets the HTTP server for operators: metrics, health and profiles.
type Ops struct {
	Listen string `name:"listen" default:"127.0.0.1:6880" help:"Address, host:port, of /metrics, /livez, /readyz, /swarms and /debug/pprof. Keep it off public networks: it asks nobody who they are. Empty: off."`
}

// Shutdown sets how a node leaves.
type Shutdown struct {
	Drain   time.Duration `name:"drain" default:"0s" help:"How long to keep serving after SIGTERM while /readyz says not ready, so that load balancers look elsewhere first. Zero: not at all."`
	Timeout time.Duration `name:"timeout" default:"10s" help:"How long requests in flight may take to finish once listeners are closed. Zero: they are cut off."`
}

// Log sets what is logged, to standard error.
type Log struct {
	Level  string `name:"level" default:"info" help:"Least severe lines to log: debug, info, warn or error."`
	Format string `name:"format" default:"text" help:"How lines are written: text or json."`
}
