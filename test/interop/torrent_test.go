package interop_test

import (
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"github.com/anacrolix/torrent/bencode"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

const (
	contentBytes = 4 << 20
	pieceBytes   = 64 << 10
	contentName  = "content.bin"

	// fetchRate keeps a transfer going long enough for its leecher to be seen in a scrape.
	fetchRate = 1 << 20 // bytes a second
)

// A torrent is random content, so its swarm is one no other test knows.
type torrent struct {
	path     string // of the .torrent file
	dir      string // that holds the content
	info     []byte // the bencoded dictionary
	infoHash bittorrent.InfoHash
	sum      [sha256.Size]byte
}

// newTorrent writes content and a .torrent file whose only tracker is announce.
func newTorrent(t *testing.T, announce string) torrent {
	t.Helper()
	content := make([]byte, contentBytes)
	rand.Read(content)
	var pieces []byte
	for at := 0; at < len(content); at += pieceBytes {
		sum := sha1.Sum(content[at : at+pieceBytes])
		pieces = append(pieces, sum[:]...)
	}
	info := map[string]any{
		"length": contentBytes, "name": contentName, "piece length": pieceBytes, "pieces": pieces, "private": 1,
	}
	to := torrent{
		dir:      t.TempDir(),
		info:     bencode.MustMarshal(info),
		infoHash: sha1.Sum(bencode.MustMarshal(info)),
		sum:      sha256.Sum256(content),
	}
	write(t, filepath.Join(to.dir, contentName), content)
	return to.at(t, announce)
}

// at writes another .torrent file of the same content, whose only tracker is announce.
func (to torrent) at(t *testing.T, announce string) torrent {
	t.Helper()
	to.path = filepath.Join(t.TempDir(), "content.torrent")
	write(t, to.path, bencode.MustMarshal(map[string]any{"announce": announce, "info": bencode.Bytes(to.info)}))
	return to
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func contentOf(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
