package app

import (
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/starling-tracker/starling/internal/config"
)

// Build tells which build of the program this is.
type Build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Go       string `json:"go"`
}

// Version returns what the Go toolchain wrote into the binary.
func Version() Build {
	b := Build{Version: "unknown", Revision: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version, b.Go = info.Main.Version, info.GoVersion
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Revision = s.Value
		}
	}
	return b
}

// newRegistry returns a registry that tells of the process itself.
func newRegistry() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	build := Version()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "starling_build_info",
		Help:        "Always 1; the labels tell which build this is.",
		ConstLabels: prometheus.Labels{"version": build.Version, "revision": build.Revision},
	})
	info.Set(1)
	reg.MustRegister(info, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return reg
}

// spareFiles is what the process opens besides its clients' connections, generously.
const spareFiles = 256

// manyFiles is what a tracker without a limit of its own should be able to open.
const manyFiles = 65536

// warnOfFewFiles warns when connections will be refused for want of file descriptors. The Go
// runtime has raised the soft limit to the hard one.
func warnOfFewFiles(cfg config.Config, log *slog.Logger) {
	want := uint64(cfg.HTTP.MaxConnections)*uint64(len(cfg.HTTP.Listen)) + spareFiles
	if cfg.WS.Enabled {
		want += uint64(cfg.WS.MaxSessions)
	}
	if cfg.HTTP.MaxConnections == 0 || cfg.WS.Enabled && cfg.WS.MaxSessions == 0 {
		want = max(want, manyFiles)
	}
	limit, known := maxFiles()
	if !known || limit >= want {
		return
	}
	log.Warn("too few file descriptors for the connections allowed; raise the limit (ulimit -n, LimitNOFILE) "+
		"or lower http.max_connections and ws.max_sessions", slog.Uint64("limit", limit), slog.Uint64("want", want))
}

// reachable returns where clients may reach a listener: its address, or when it listens on all,
// one of this machine's.
func reachable(listener netip.AddrPort) netip.AddrPort {
	if !listener.Addr().IsUnspecified() {
		return listener
	}
	best := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	addrs, _ := net.InterfaceAddrs() // none is as good as an error: localhost remains
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if err == nil && prefix.Addr().Is4() && prefix.Addr().IsGlobalUnicast() {
			best = prefix.Addr()
			break
		}
	}
	return netip.AddrPortFrom(best, listener.Port())
}
