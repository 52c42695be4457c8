package interop_test

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// A proxy is one of those that deploy/proxy configures.
type proxy struct {
	name, program string
	start         func(t *testing.T, s *site)
}

var proxies = []proxy{
	{"Nginx", "nginx", startNginx},
	{"HAProxy", "haproxy", startHAProxy},
	{"Caddy", "caddy", startCaddy},
}

// config writes a file of deploy/proxy with other words in it, given in pairs, and returns its path.
func config(t *testing.T, name string, swaps ...string) string {
	t.Helper()
	text := string(contentOf(t, filepath.Join("../../deploy/proxy", name)))
	for i := 0; i < len(swaps); i += 2 {
		if !strings.Contains(text, swaps[i]) {
			t.Fatalf("%s: got no %q in it, which the test replaces", name, swaps[i])
		}
		text = strings.ReplaceAll(text, swaps[i], swaps[i+1])
	}
	path := filepath.Join(t.TempDir(), name)
	write(t, path, []byte(text))
	return path
}

func startNginx(t *testing.T, s *site) {
	file := config(t, "nginx.conf",
		"10.0.0.1:6969", s.replicas[0].HTTP["ipv4"],
		"10.0.0.2:6969", s.replicas[1].HTTP["ipv4"],
		"listen 80 ", "listen "+s.plain+" ",
		"listen 443 ", "listen "+s.tls+" ",
		"timeout 120s", "timeout "+proxyTimeout.String(),
		"/etc/ssl/tracker.example.org.pem", s.certificate,
		"/etc/ssl/private/tracker.example.org.key", s.key,
	)
	dir := t.TempDir()
	settings := []string{"daemon off;", "user root;", "pid " + dir + "/pid;", "events {}", "http {"}
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		settings = append(settings, kind+"_temp_path "+filepath.Join(dir, kind)+";")
	}
	settings = append(settings, "include "+file+";", "}\n")
	main := filepath.Join(dir, "main.conf")
	write(t, main, []byte(strings.Join(settings, "\n")))
	starlingtest.Start(t, system("nginx"), "-c", main, "-e", "stderr")
}

func startHAProxy(t *testing.T, s *site) {
	both := filepath.Join(t.TempDir(), "both.pem") // HAProxy wants them in one file
	write(t, both, append(contentOf(t, s.certificate), contentOf(t, s.key)...))
	file := config(t, "haproxy.cfg",
		"10.0.0.1:6969", s.replicas[0].HTTP["ipv4"],
		"10.0.0.2:6969", s.replicas[1].HTTP["ipv4"],
		"check port 6880", "check port "+s.ops,
		"bind :80\n", "bind "+s.plain+"\n",
		"bind :443 ", "bind "+s.tls+" ",
		"timeout tunnel 120s", "timeout tunnel "+proxyTimeout.String(),
		"/etc/haproxy/tracker.example.org.pem", both,
	)
	starlingtest.Start(t, system("haproxy"), "-db", "-f", file)
}

func startCaddy(t *testing.T, s *site) {
	file := config(t, "Caddyfile",
		"10.0.0.1:6969", s.replicas[0].HTTP["ipv4"],
		"10.0.0.2:6969", s.replicas[1].HTTP["ipv4"],
		"health_port 6880", "health_port "+s.ops,
		"http://tracker.example.org", "http://"+trackerHost.ipv4,
		"https://tracker.example.org {\n", "https://"+trackerHost.ipv4+" {\ntls "+s.certificate+" "+s.key+"\n",
	)
	settings := fmt.Sprintf("{\nadmin off\ndefault_bind %s\nhttp_port %s\nhttps_port %s\n}\n",
		trackerHost.ipv4, port(t, s.plain), port(t, s.tls))
	write(t, file, append([]byte(settings), contentOf(t, file)...))
	starlingtest.Start(t, system("caddy"), "run", "--adapter", "caddyfile", "--config", file)
}

func port(t *testing.T, addr string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// system returns the path of a program that Debian hides from those who are not root.
func system(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return filepath.Join("/usr/sbin", name)
}
