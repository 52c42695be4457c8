package httpproto

import "strconv"

// A Failure is the answer to a request that was refused. It travels under status 200 like any other
// answer: clients do not read the body of another.
type Failure struct {
	Reason      string // a sentence for the user
	Interval    uint32 // seconds until the next announce; libtorrent heeds it beside a failure
	MinInterval uint32 // seconds
	RetryIn     uint32 // minutes (BEP 31); zero means never
}

// Append appends f.
func (f Failure) Append(dst []byte) []byte {
	dst = append(dst, "d14:failure reason"...)
	dst = strconv.AppendUint(dst, uint64(len(f.Reason)), 10)
	dst = append(dst, ':')
	dst = append(dst, f.Reason...)
	dst = append(dst, "8:interval"...)
	dst = appendNumber(dst, f.Interval)
	dst = append(dst, "12:min interval"...)
	dst = appendNumber(dst, f.MinInterval)
	dst = append(dst, "8:retry in"...)
	if f.RetryIn == 0 {
		return append(dst, "5:nevere"...)
	}
	dst = appendNumber(dst, f.RetryIn)
	return append(dst, 'e')
}
