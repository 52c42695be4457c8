package httptracker

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// minCompressed is the shortest body worth compressing; peers hardly compress at all.
const minCompressed = 1024

// Header values that never change are shared, and so are not allocated for each request. The keys
// that go with them are in canonical form.
var (
	headerText    = []string{"text/plain"}
	headerNoStore = []string{"no-store"}
	headerClose   = []string{"close"}
	headerGzip    = []string{"gzip"}
	headerVary    = []string{"Accept-Encoding"}
)

// write sends body as the whole of a reply, with its length.
func write(w http.ResponseWriter, r *http.Request, body []byte) {
	header := w.Header()
	header["Content-Type"] = headerText
	header["Cache-Control"] = headerNoStore
	if len(body) > minCompressed {
		header["Vary"] = headerVary
		if acceptsGzip(r.Header["Accept-Encoding"]) {
			c, _ := compressors.Get().(*compressor)
			defer compressors.Put(c)
			body = c.compress(body)
			header["Content-Encoding"] = headerGzip
		}
	}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	_, _ = w.Write(body) // a client that went away needs no reply
}

// acceptsGzip reports whether the codings of Accept-Encoding (RFC 9110, 12.5.3) have gzip among
// them, and not to say that it is refused.
func acceptsGzip(lines []string) bool {
	for _, line := range lines {
		for coding := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(coding, ";")
			if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
				continue
			}
			quality, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(params)), "q=")
			q, err := strconv.ParseFloat(quality, 64)
			return !found || err == nil && q > 0
		}
	}
	return false
}

// A compressor keeps a gzip writer, which is large, and its output from one reply to another.
type compressor struct {
	out    bytes.Buffer
	writer *gzip.Writer
}

var compressors = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is one of its own
	return &compressor{writer: w}
}}

// compress returns body compressed, valid until the next call.
func (c *compressor) compress(body []byte) []byte {
	c.out.Reset()
	c.writer.Reset(&c.out)
	_, _ = c.writer.Write(body) // a bytes.Buffer takes all
	_ = c.writer.Close()
	return c.out.Bytes()
}
