package udptracker

import (
	"net/netip"
	"testing"
	"time"
)

var (
	midnight = time.Date(2023, time.November, 15, 0, 0, 0, 0, time.UTC)
	noon     = midnight.Add(12 * time.Hour)

	ip4 = netip.MustParseAddr("192.0.2.1")
	ip6 = netip.MustParseAddr("2001:db8::1")
)

const master = "sixteen bytes or more"

func idsOf(master string) *connectionIDs { return newConnectionIDs(DeriveSecrets([]byte(master))) }

func TestConnectionIDsOfAllVersionsAgree(t *testing.T) {
	for _, tt := range []struct {
		now  time.Time
		addr netip.Addr
		want uint64 // computed by another program
	}{
		{time.Unix(1_700_000_000, 0), ip4, 0x1509e61c47458c5f},
		{time.Unix(1_700_000_000, 0), ip6, 0x15768ca10719419c},
		{midnight, ip4, 0x801640686556622e},
	} {
		if got := idsOf(master).issue(tt.now, tt.addr); got != tt.want {
			t.Errorf("%v, %v: got %#x, want %#x", tt.now.UTC(), tt.addr, got, tt.want)
		}
	}
}

func TestConnectionIDsAreGoodForTheirAge(t *testing.T) {
	rows := []struct {
		name   string
		issued time.Time
		age    time.Duration
		want   bool
	}{
		{"at once", noon, 0, true},
		{"2 minutes", noon, 2 * time.Minute, true},
		{"10 minutes", noon, 10 * time.Minute, true},
		{"11 minutes", noon, 11 * time.Minute, false},
		{"an hour", noon, time.Hour, false},
		{"one slot in the future", noon, -time.Minute, true},
		{"two slots in the future", noon, -2 * time.Minute, false},
		{"256 slots later", noon, 256 * time.Minute, false},
		{"256 slots and two minutes later", noon, 258 * time.Minute, false},
		{"256 slots too early", noon, -256 * time.Minute, false},
		{"65536 slots later", noon, 65536 * time.Minute, false},
		{"a day", noon, 24 * time.Hour, false},
		{"across midnight UTC", midnight.Add(-2 * time.Minute), 4 * time.Minute, true},
		{"10 minutes across midnight UTC", midnight.Add(-time.Minute), 10 * time.Minute, true},
		{"11 minutes across midnight UTC", midnight.Add(-time.Minute), 11 * time.Minute, false},
		{"one slot in the future, which is tomorrow", midnight, -time.Minute, true},
		{"two slots in the future, which is tomorrow", midnight, -2 * time.Minute, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for _, second := range []time.Duration{0, 30 * time.Second, 59 * time.Second} { // of the minute
				for _, addr := range []netip.Addr{ip4, ip6} {
					ids, now := idsOf(master), row.issued.Add(row.age+second)
					id := ids.issue(row.issued.Add(second), addr)
					if got := ids.valid(id, now, addr); got != row.want {
						t.Errorf("issued to %v at %v, shown at %v: got %v, want %v",
							addr, row.issued.Add(second), now, got, row.want)
					}
				}
			}
		})
	}
}

func TestConnectionIDsAreOfOneAddress(t *testing.T) {
	ids := idsOf(master)
	addrs := []netip.Addr{
		ip4, netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("193.0.2.1"),
		ip6, netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("2001:db8:0:1::1"), netip.MustParseAddr("c000:201::"),
	}
	for _, issued := range addrs {
		for _, shown := range addrs {
			if got, want := ids.valid(ids.issue(noon, issued), noon, shown), issued == shown; got != want {
				t.Errorf("issued to %v, shown by %v: got %v, want %v", issued, shown, got, want)
			}
		}
	}
}

func TestConnectionIDsAreGoodAtReplicasWithTheirSecret(t *testing.T) {
	for other, want := range map[string]bool{master: true, "another master": false, "": false} {
		id := idsOf(master).issue(noon, ip4)
		if got := idsOf(other).valid(id, noon.Add(time.Minute), ip4); got != want {
			t.Errorf("a replica with the master %q: got %v, want %v", other, got, want)
		}
	}
}

func TestEveryBitOfAConnectionIDCounts(t *testing.T) {
	ids := idsOf(master)
	id := ids.issue(noon, ip4)
	for bit := range 64 {
		if ids.valid(id^1<<bit, noon, ip4) {
			t.Errorf("got %#x accepted with bit %d changed, want it refused", id, bit)
		}
	}
}
