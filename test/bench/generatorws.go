//go:build linux

package main

import (
	"encoding/json"
	"fmt"
)

// parseBrowsersReport reads what starling bench ws --json prints. A report without answers has measured
// nothing.
func parseBrowsersReport(text []byte) (*sample, error) {
	var report struct {
		Announces   float64            `json:"announces"`
		Offers      float64            `json:"offers"`
		Arrived     float64            `json:"answers"`
		Rate        float64            `json:"announces_per_second"`
		Answers     float64            `json:"answers_per_announce"`
		RepliesLost float64            `json:"replies_lost"`
		OffersLost  float64            `json:"offers_lost"`
		AnswersLost float64            `json:"answers_lost"`
		Errors      map[string]float64 `json:"errors"`
		Crossed     float64            `json:"crossed"`
		CPU         float64            `json:"cpu_us_per_announce"`
		Memory      float64            `json:"bytes_per_socket"`
		Generator   float64            `json:"generator_us_per_announce"`
		Processes   []struct {
			Name string  `json:"name"`
			CPU  float64 `json:"us_per_announce"`
		} `json:"processes"`
		RoundTrip struct {
			P99 float64 `json:"p99"`
		} `json:"round_trip_us"`
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("the generator's report: %w", err)
	}
	if report.Announces == 0 || report.Answers == 0 {
		return nil, fmt.Errorf("%.0f announces and no answers, %.0f offers lost, errors %v",
			report.Announces, report.OffersLost, report.Errors)
	}
	s := &sample{
		CPU: report.CPU, Peers: report.Answers, Rate: report.Rate, P99: report.RoundTrip.P99,
		Answers: report.Announces + report.Offers + report.Arrived,
		Lost:    report.RepliesLost + report.OffersLost + report.AnswersLost, Generator: report.Generator,
		Crossed: report.Crossed, Memory: report.Memory,
	}
	for _, p := range report.Processes {
		s.Processes = append(s.Processes, share{p.Name, p.CPU})
	}
	for _, n := range report.Errors {
		s.Errors += n
	}
	return s, nil
}
