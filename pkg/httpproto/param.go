package httpproto

// A ParamError tells which parameter of a query was wrong, in words that a client may be shown.
type ParamError struct {
	Param   string // its name in the query, such as info_hash
	Problem string // what is wrong with it, such as "missing"

	text string // the whole sentence, so that refusing a query allocates nothing
}

// Error returns a sentence such as "info_hash: missing".
func (e *ParamError) Error() string {
	if e.text != "" {
		return e.text
	}
	return e.Param + ": " + e.Problem
}

func paramError(param, problem string) *ParamError {
	return &ParamError{Param: param, Problem: problem, text: param + ": " + problem}
}

var (
	errInfoHashMissing = paramError("info_hash", "missing")
	errInfoHashEscape  = paramError("info_hash", "broken percent escape")
	errInfoHashHex     = paramError("info_hash", "must be 20 raw bytes, percent-escaped, not hexadecimal digits")
	errInfoHashLength  = paramError("info_hash", "must be 20 bytes")
	errInfoHashTwice   = paramError("info_hash", "given twice")

	errPeerIDMissing = paramError("peer_id", "missing")
	errPeerIDEscape  = paramError("peer_id", "broken percent escape")
	errPeerIDLength  = paramError("peer_id", "must be 20 bytes")

	errPortMissing = paramError("port", "missing")
	errPortRange   = paramError("port", "must be a number from 1 to 65535")
)
