package httptracker_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/starling-tracker/starling/internal/httptracker"
)

func TestParametersThatFailAnAnnounce(t *testing.T) {
	l := start(t, nil)
	const id, port = "&peer_id=" + idText, "&port=6881"
	rows := map[string]struct{ target, word string }{
		"info_hash missing":         {"/announce?peer_id=" + idText + port, "info_hash"},
		"info_hash not 20 bytes":    {"/announce?info_hash=abc" + id + port, "info_hash"},
		"info_hash given twice":     {base + port + "&info_hash=" + hashText, "info_hash"},
		"info_hash in hexadecimal":  {"/announce?info_hash=" + strings.Repeat("0123456789", 4) + id + port, "info_hash"},
		"%zz in info_hash":          {"/announce?info_hash=%zz" + hashText[3:] + id + port, "info_hash"},
		"peer_id missing":           {"/announce?info_hash=" + hashText + port, "peer_id"},
		"peer_id not 20 bytes":      {"/announce?info_hash=" + hashText + "&peer_id=short" + port, "peer_id"},
		"%zz in peer_id":            {"/announce?info_hash=" + hashText + "&peer_id=%zz" + idText[1:] + port, "peer_id"},
		"port missing":              {base, "port"},
		"port 0":                    {base + "&port=0", "port"},
		"port negative":             {base + "&port=-1", "port"},
		"port above 65535":          {base + "&port=65536", "port"},
		"port not a number":         {base + "&port=http", "port"},
		"port 0 with another event": {base + "&port=0&event=started", "port"},
		"scrape without info_hash":  {"/scrape", "info_hash"},
		"scrape of a broken hash":   {"/scrape?info_hash=abc", "info_hash"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			(&live{t: t, addr: l.addr}).wantFailure(row.target, row.word)
		})
	}
	l.wantCounts("after nothing but failures", 0, 0)
	if n, err := testutil.GatherAndCount(l.reg, "starling_refusals_total"); err != nil || n == 0 {
		t.Errorf("got %d series of refusals, error %v", n, err)
	}
}

func TestRolesThatLeftStandsFor(t *testing.T) {
	rows := map[string]struct {
		query  string
		seeder bool
	}{
		"left 0":                         {"left=0", true},
		"left missing":                   {"", false},
		"left negative":                  {"left=-1", false},
		"left not a number":              {"left=none", false},
		"left empty":                     {"left=", false},
		"left 4294967296":                {"left=4294967296", false},
		"left 2^64, saturated":           {"left=18446744073709551616", false},
		"left huge":                      {"left=" + strings.Repeat("0", 30) + "1", false},
		"left given twice, first counts": {"left=5&left=0", false},
		"completed with something left":  {"left=5&event=completed", false},
		"paused is a leecher":            {"left=5&event=paused", false},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			l := start(t, nil)
			got := l.announce(alice, "port=6881&"+row.query)
			if (got.Complete == 1) != row.seeder || got.Complete+got.Incomplete != 1 {
				t.Errorf("got %d seeders and %d leechers, want seeder %v", got.Complete, got.Incomplete, row.seeder)
			}
		})
	}
}

func TestNumWant(t *testing.T) {
	l := start(t, nil)
	for n := range 300 {
		l.announce(fmt.Sprintf("198.51.%d.%d", n/200, n%200+1), "port=6881&numwant=0")
	}
	rows := map[string]struct {
		query string
		want  int
	}{
		"absent":          {"", 50},
		"negative":        {"&numwant=-1", 50},
		"not a number":    {"&numwant=many", 50},
		"0":               {"&numwant=0", 0},
		"7":               {"&numwant=7", 7},
		"huge is clamped": {"&numwant=99999999999999999999", 200},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			got := (&live{t: t, addr: l.addr}).announce(alice, "port=6881"+row.query).compact()
			if len(got) != row.want {
				t.Errorf("got %d peers, want %d", len(got), row.want)
			}
		})
	}
}

func TestEvents(t *testing.T) {
	l := start(t, nil)
	announce := func(query string) announced { return l.announce(alice, query) }
	for _, event := range []string{"", "empty", "started", "STARTED", "paused", "nonsense"} {
		if got := announce("port=6881&event=" + event); got.Incomplete != 1 {
			t.Errorf("event %q: got %d leechers, want 1", event, got.Incomplete)
		}
	}
	if got := counter(t, l, "starling_http_unknown_events_total", ""); got != 1 {
		t.Errorf("got %v unknown events counted, want 1", got)
	}
	if got := counter(t, l, "starling_announces_total", "paused"); got != 1 {
		t.Errorf("got %v paused announces counted, want 1", got)
	}
	l.announce(bob, "port=6881&left=0")
	got := announce("port=6881&event=Stopped")
	if got.Complete != 1 || got.Incomplete != 0 || got.Interval != 1800 || len(got.compact()) != 0 {
		t.Errorf("stopped: got %+v, want the counts, an interval and no peers", got)
	}
	if got := announce("port=6881&event=stopped"); got.Complete != 1 || got.Incomplete != 0 {
		t.Errorf("stopped by a stranger: got %+v, want the counts as they are", got)
	}
	for _, port := range []string{"", "port=0", "port=-1", "port=65536"} {
		if got := announce("event=stopped&" + port); got.Complete != 1 {
			t.Errorf("stopped with %q: got %+v, want a reply", port, got)
		}
	}
}

// counter returns the value of a counter of which a label has the value label, if one is given.
func counter(t *testing.T, l *live, name, label string) float64 {
	t.Helper()
	families, err := l.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			has := label == ""
			for _, pair := range m.GetLabel() {
				has = has || pair.GetValue() == label
			}
			if f.GetName() == name && has {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

func TestIdentityIsTheAddressAndPort(t *testing.T) {
	l := start(t, nil)
	l.announce(alice, "port=6881&key=1")
	l.announce(alice, "port=6881&key=2&trackerid=x")
	l.getFrom(alice, strings.Replace(base, "-qB5040-", "-TR4000-", 1)+"&port=6881")
	l.wantCounts("one address with two keys and two peer IDs", 0, 1)
	l.announce(alice, "port=6882")
	l.announce(bob, "port=6881")
	l.wantCounts("another port and another address", 0, 3)
	l.announce("::ffff:"+alice, "port=6881")
	l.wantCounts("the same address, IPv4-mapped", 0, 3)
}

func TestTheFirstOfDuplicateParametersWins(t *testing.T) {
	l := start(t, nil)
	l.announce(alice, "port=6881&port=6882&left=0&left=1&event=started&event=stopped")
	l.wantCounts("duplicates", 1, 0)
	if got := l.announce(bob, "port=1").compact(); !slices.Equal(got, []string{alice + ":6881"}) {
		t.Errorf("got the peers %v, want the first port", got)
	}
}

func TestOddQueriesAreUnderstood(t *testing.T) {
	rows := map[string]string{
		"a second ? in the URL":                   "/announce?passkey=x?info_hash=" + hashText + "&peer_id=" + idText + "&port=6881",
		"a broken escape in a parameter not used": base + "&port=6881&junk=%zz&%zz=1",
		"raw bytes from 0x80 up":                  "/announce?info_hash=%124Vx\x9a\xbc\xde\xf1%23Eg\x89\xab\xcd\xef%124Vx\x9a&peer_id=" + idText + "&port=6881",
		"/announce.php":                           strings.Replace(base, "/announce?", "/announce.php?", 1) + "&port=6881",
		"a trailing slash":                        strings.Replace(base, "/announce?", "/announce/?", 1) + "&port=6881",
		"//announce":                              "/" + base + "&port=6881",
		"a path before it":                        "/0123456789abcdef" + base + "&port=6881",
		"/ with info_hash":                        strings.Replace(base, "/announce?", "/?", 1) + "&port=6881",
		"uploaded and downloaded missing":         base + "&port=6881",
		"everything the BEPs know":                base + "&port=6881&uploaded=1&downloaded=2&left=3&corrupt=0&redundant=0&supportcrypto=1&no_peer_id=1&compact=1&key=A1&numwant=3",
		"empty parameters and lone separators":    base + "&&=&&port=6881&",
	}
	for name, target := range rows {
		t.Run(name, func(t *testing.T) {
			l := start(t, nil)
			l.decode(l.getFrom(alice, target))
			l.wantCounts(target, 0, 1)
		})
	}
}

func TestAPlusInAHashStaysAPlus(t *testing.T) {
	l := start(t, nil)
	l.decode(l.getFrom(alice, "/announce?info_hash=++++++++++++++++++++&peer_id="+idText+"&port=6881"))
	var scrape scraped
	l.mustDecode(l.getFrom(alice, "/scrape?info_hash=%2b%2b%2b%2b%2b%2b%2b%2b%2b%2b%2B%2B%2B%2B%2B%2B%2B%2B%2B%2B&info_hash=%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20"), &scrape)
	if got := scrape.Files[strings.Repeat("+", 20)].Incomplete; got != 1 {
		t.Errorf("got %d leechers in the swarm of plusses, want 1", got)
	}
	if got := scrape.Files[strings.Repeat(" ", 20)].Incomplete; got != 0 {
		t.Errorf("got %d leechers in the swarm of spaces, want 0", got)
	}
}

func TestVersion2HashesAreTruncated(t *testing.T) {
	l := start(t, nil)
	l.decode(l.getFrom(alice, "/announce?info_hash="+hashText+"abcdefghijkl&peer_id="+idText+"&port=6881"))
	l.wantCounts("a hash of 32 bytes", 0, 1)
}

func TestIPParametersAreBelievedFromConfiguredNetworksOnly(t *testing.T) {
	for name, param := range map[string]string{"ip": "ip=192.0.2.1", "ipv4": "ipv4=192.0.2.1", "ipv6": "ipv6=2001:db8::9"} {
		t.Run(name, func(t *testing.T) {
			l := start(t, nil)
			l.announce(alice, "port=6881&"+param)
			if got := l.announce(bob, "port=1").compact(); !slices.Equal(got, []string{alice + ":6881"}) {
				t.Errorf("from a stranger: got the peers %v, want its own address", got)
			}
		})
	}
	l := start(t, func(o *httptracker.Options) { o.TrustIPParamFrom = prefixes("10.0.0.0/8") })
	l.announce("10.1.2.3", "port=6881&ip=192.0.2.1")
	l.announce(alice, "port=6881&ip=192.0.2.2")
	l.announce("10.1.2.4", "port=6881&ip=example.org")
	got := l.announce(bob, "port=1").compact()
	slices.Sort(got)
	if want := []string{"10.1.2.4:6881", "192.0.2.1:6881", alice + ":6881"}; !slices.Equal(got, want) {
		t.Errorf("got the peers %v, want %v", got, want)
	}
}
