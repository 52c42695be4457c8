package interop_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// transmission 3.00. It is told what to do by RPC: stopping the daemon does not always leave the
// swarm, stopping the torrent does.
type transmission struct {
	*starlingtest.Process

	url, session string
}

func (tr *transmission) Seed(t *testing.T, j job) { tr.run(t, j, j.torrent.dir, 0) }

func (tr *transmission) Fetch(t *testing.T, j job) { tr.run(t, j, j.dir, fetchRate) }

func (tr *transmission) Stop(t *testing.T) {
	if err := tr.call("torrent-stop", map[string]any{}); err != nil {
		t.Error(err)
	}
}

func (tr *transmission) run(t *testing.T, j job, dir string, rate int) {
	config, port := t.TempDir(), nextPort()
	// Bound in one family only: with an IPv4 address it sends every HTTP request from that one, and
	// cannot reach a tracker on IPv6.
	settings, err := json.Marshal(map[string]any{
		"bind-address-" + j.family: j.host.addr(j.family), "peer-port": nextPort(),
		"dht-enabled": false, "lpd-enabled": false, "pex-enabled": false, "port-forwarding-enabled": false,
		"rpc-bind-address": j.host.ipv4, "rpc-port": port, "rpc-whitelist-enabled": false,
		"speed-limit-down": rate / 1000, "speed-limit-down-enabled": rate > 0,
		"utp-enabled": false,
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(config, "settings.json"), settings)
	tr.Process = starlingtest.Start(t, "transmission-daemon", "--foreground", "--log-debug", "--config-dir", config)
	tr.url = "http://" + addrPort(j.host.ipv4, port) + "/transmission/rpc"
	add := map[string]any{"filename": j.torrent.path, "download-dir": dir}
	eventually(t, "torrent-add", nil, func() any {
		if err := tr.call("torrent-add", add); err != nil {
			return err.Error()
		}
		return nil
	})
}

// call runs an RPC method. The daemon refuses the first call and hands out the session it wants to
// see in the others.
func (tr *transmission) call(method string, arguments map[string]any) error {
	body, err := json.Marshal(map[string]any{"method": method, "arguments": arguments})
	if err != nil {
		return err
	}
	const sessionHeader = "X-Transmission-Session-Id"
	for {
		req, err := http.NewRequest(http.MethodPost, tr.url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set(sessionHeader, tr.session)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		if resp.StatusCode == http.StatusConflict && tr.session == "" {
			tr.session = resp.Header.Get(sessionHeader)
			continue
		}
		var reply struct{ Result string }
		if err := json.Unmarshal(text, &reply); err != nil || reply.Result != "success" {
			return fmt.Errorf("%s: got %s %s, want success", method, resp.Status, text)
		}
		return nil
	}
}
