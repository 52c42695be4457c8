package load

import "time"

// A WebSocketReport is what a load of browsers measured. Its JSON is what starling bench ws --json prints;
// times are in microseconds where their names say so.
type WebSocketReport struct {
	Protocol string   `json:"protocol"`
	Targets  []string `json:"targets"`
	Seconds  float64  `json:"seconds"`
	Sockets  int      `json:"sockets"`
	Swarms   int      `json:"swarms"`

	Sent               uint64  `json:"sent"`      // announces
	Announces          uint64  `json:"announces"` // with a reply
	AnnouncesPerSecond float64 `json:"announces_per_second"`
	OffersSent         uint64  `json:"offers_sent"`
	Offers             uint64  `json:"offers"` // that arrived
	OffersPerSecond    float64 `json:"offers_per_second"`
	Crossed            float64 `json:"crossed"` // share of these that arrived at a socket of another target
	AnswersSent        uint64  `json:"answers_sent"`
	Answers            uint64  `json:"answers"` // that arrived
	AnswersPerSecond   float64 `json:"answers_per_second"`
	AnswersPerAnnounce float64 `json:"answers_per_announce"`

	RepliesLost uint64            `json:"replies_lost"` // not come within the timeout
	OffersLost  uint64            `json:"offers_lost"`  // that arrived at nobody within it
	AnswersLost uint64            `json:"answers_lost"` // that were sent, and did not arrive within it
	Late        uint64            `json:"late"`         // of all of these, come afterwards or twice
	Closed      uint64            `json:"closed"`       // sockets, by the tracker
	Errors      map[string]uint64 `json:"errors"`       // by text

	Reply     Latency `json:"reply_us"`
	RoundTrip Latency `json:"round_trip_us"` // from an offer to its answer, at who offered

	Processes               []ProcessUse `json:"processes"`
	CPUPerAnnounce          float64      `json:"cpu_us_per_announce"` // of all these processes
	BytesPerSocket          float64      `json:"bytes_per_socket"`    // of all these processes
	GeneratorCPUPerAnnounce float64      `json:"generator_us_per_announce"`
}

// ProcessUse is what a process spent on an announce and all that followed from it, in user mode and in the
// kernel, and the memory it had before the first socket and at the end, with all of them open.
type ProcessUse struct {
	PID                  int     `json:"pid"`
	Name                 string  `json:"name"`
	MicrosecondsAnnounce float64 `json:"us_per_announce"`
	ResidentBefore       int64   `json:"resident_before"`
	Resident             int64   `json:"resident"`
}

// newWebSocketReport reports counts of the time that it took, and what processes used: before the sockets
// were opened, when the counting began, and when it ended.
func newWebSocketReport(opts WebSocketOptions, t wsCounts, took time.Duration, opened, began, ended []use) WebSocketReport {
	seconds, announces := took.Seconds(), float64(max(t.replies, 1))
	r := WebSocketReport{
		Protocol: "ws", Targets: opts.Targets, Seconds: seconds, Sockets: opts.Sockets, Swarms: opts.Swarms,
		Sent: t.announces, Announces: t.replies, AnnouncesPerSecond: float64(t.replies) / seconds,
		OffersSent: t.offersSent, Offers: t.offers, OffersPerSecond: float64(t.offers) / seconds,
		Crossed:     float64(t.crossed) / float64(max(t.offers, 1)),
		AnswersSent: t.answersSent, Answers: t.answers, AnswersPerSecond: float64(t.answers) / seconds,
		AnswersPerAnnounce: float64(t.answers) / announces,
		RepliesLost:        t.repliesLost, OffersLost: t.offersLost, AnswersLost: t.answersLost, Late: t.lateOnes,
		Closed: t.closedSockets, Errors: t.errors,
		Reply: newLatency(&t.replyLatency), RoundTrip: newLatency(&t.roundTripLatency), Processes: []ProcessUse{},
	}
	for i := range ended {
		spent := micros(ended[i].time-began[i].time) / announces
		if i == len(ended)-1 {
			r.GeneratorCPUPerAnnounce = spent
			break
		}
		r.Processes = append(r.Processes, ProcessUse{
			PID: ended[i].pid, Name: ended[i].name, MicrosecondsAnnounce: spent,
			ResidentBefore: opened[i].resident, Resident: ended[i].resident,
		})
		r.CPUPerAnnounce += spent
		r.BytesPerSocket += float64(ended[i].resident-opened[i].resident) / float64(opts.Sockets)
	}
	return r
}
