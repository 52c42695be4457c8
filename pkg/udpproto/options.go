package udpproto

// The options of BEP 41. Only the first two have no length byte; every other, also of those still
// to be invented, has one.
const (
	optionEnd     = 0x00
	optionNOP     = 0x01
	optionURLData = 0x02
)

// maxPiece is what one length byte can count.
const maxPiece = 0xff

// AppendURLData appends the path and query of the URL that a client announces to, which options
// may hold in several pieces. The bytes are as they came: any, escaped or not. Options of unknown
// types are skipped, and an option that is cut short ends the reading as the end of options does:
// an announce is not refused for what is behind it. dst must not overlap options.
func AppendURLData(dst, options []byte) []byte {
	for len(options) > 0 && options[0] != optionEnd {
		if options[0] == optionNOP {
			options = options[1:]
			continue
		}
		if len(options) < 2 || len(options)-2 < int(options[1]) {
			break
		}
		kind, data := options[0], options[2:2+int(options[1])]
		if kind == optionURLData {
			dst = append(dst, data...)
		}
		options = options[2+len(data):]
	}
	return dst
}

// AppendURLOptions writes the options that tell a tracker urlData, the path and query of its URL
// ("/announce?passkey=1"), in as many pieces as it takes. An empty urlData is written too, so
// that the tracker learns that there was none (BEP 41, "Examples").
func AppendURLOptions(dst []byte, urlData string) []byte {
	for {
		piece := urlData[:min(len(urlData), maxPiece)]
		dst = append(dst, optionURLData, byte(len(piece)))
		dst = append(dst, piece...)
		urlData = urlData[len(piece):]
		if urlData == "" {
			return append(dst, optionEnd)
		}
	}
}
