package wsproto_test

import (
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

func TestScrapeOfAString(t *testing.T) {
	check(t, `{"action":"scrape","info_hash":"`+hashText+`"}`, wsproto.Message{
		Kind: wsproto.KindScrape, InfoHash: hash, HasInfoHash: true, Hashes: []bittorrent.InfoHash{hash},
	})
}

func TestScrapeOfAList(t *testing.T) {
	check(t, `{"info_hash":["`+hashText+`","`+otherText+`","`+hashText+`"],"action":"scrape","peer_id":0}`, wsproto.Message{
		Kind: wsproto.KindScrape, Hashes: []bittorrent.InfoHash{hash, bittorrent.InfoHash(other), hash},
	})
}

func TestScrapeOfAnEmptyListIsNotAFullScrape(t *testing.T) {
	check(t, `{"action":"scrape","info_hash":[]}`, wsproto.Message{Kind: wsproto.KindScrape})
}

func TestScrapeOfNothingIsAFullScrape(t *testing.T) {
	for _, text := range []string{`{"action":"scrape"}`, `{"action":"scrape","info_hash":null}`} {
		check(t, text, wsproto.Message{Kind: wsproto.KindScrape, All: true})
	}
}

func TestScrapeOfAnythingElseIsRefused(t *testing.T) {
	for _, value := range []string{`7`, `true`, `{}`, `""`, `"short"`, `[7]`, `[null]`, `[["` + hashText + `"]]`, `["` + hashText + `","short"]`} {
		checkRefused(t, `{"action":"scrape","info_hash":`+value+`}`, wsproto.ErrInfoHash, false)
	}
}

func TestScrapesAreAnsweredFor74Hashes(t *testing.T) {
	text, want := `{"action":"scrape","info_hash":[`, wsproto.Message{Kind: wsproto.KindScrape}
	for range wsproto.MaxScrapeHashes {
		text += `"` + hashText + `",`
		want.Hashes = append(want.Hashes, hash)
	}
	check(t, text+`"`+otherText+`",{},"short"]}`, want)
}
