package client_test

import (
	"testing"

	"github.com/anacrolix/torrent/bencode"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

func FuzzDecodeAnnounce(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := client.DecodeAnnounce(body)
		if err != nil {
			if len(err.Error()) > 2000 {
				t.Errorf("%q: got an error of %d bytes, want at most 2000", body, len(err.Error()))
			}
			return
		}
		if got.Interval < 0 || got.MinInterval < 0 || got.ExternalIP.Is4In6() {
			t.Errorf("%q: got %+v", body, got)
		}
		for _, p := range got.Peers {
			if !p.Addr().IsValid() || p.Addr().Is4In6() || p.Addr().Zone() != "" {
				t.Errorf("%q: got peer %v, want it unmapped and without a zone", body, p)
			}
		}
		if most := len(body) / 6; len(got.Peers) > most {
			t.Errorf("%q: got %d peers, want at most %d", body, len(got.Peers), most)
		}
	})
}

func FuzzDecodeScrape(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		hashes := []bittorrent.InfoHash{hash, {}, hash}
		got, err := client.DecodeScrape(hashes, body)
		if err != nil {
			return
		}
		if len(got) != len(hashes) || got[0] != got[2] {
			t.Fatalf("%q: got %+v, want a result for each of %v", body, got, hashes)
		}
		var plain struct {
			Files map[string]struct {
				Complete int64 `bencode:"complete"`
			} `bencode:"files"`
		}
		_ = bencode.Unmarshal(body, &plain)
		for i, h := range hashes {
			if want := plain.Files[string(h[:])].Complete; got[i].InfoHash != h || want >= 0 && want < 1<<32 && got[i].Seeders != uint32(want) {
				t.Errorf("%q: got %+v, want %d seeders of %v", body, got[i], want, h)
			}
		}
	})
}
