// Package callback sends what a simulated ERP tells of its own accord: that it booked a
// message, or did not.
//
//	Add ──▶ due ──Send──▶ taken by the bridge
//	         ▲              │ not taken
//	         └──────────────┘
//
// What is not taken stays due, in its place, and is sent again with the next Send.
package callback

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// A Queue is the messages that are due, each a document of XML.
type Queue struct {
	user, password string

	mu  sync.Mutex
	url string
	due []string
}

// New returns an empty queue that sends to an address as a user.
func New(url, user, password string) *Queue {
	return &Queue{url: url, user: user, password: password}
}

// To says where messages go from now on.
func (q *Queue) To(url string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.url = url
}

// Add makes a message due.
func (q *Queue) Add(body string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.due = append(q.due, body)
}

// Len returns how many messages are due.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.due)
}

// Take returns the messages that are due, and takes them for sent.
func (q *Queue) Take() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	due := q.due
	q.due = nil
	return due
}

// Send sends the messages that are due, until one of them is not taken.
func (q *Queue) Send() error {
	q.mu.Lock()
	url := q.url
	q.mu.Unlock()
	for due := q.Take(); len(due) > 0; due = due[1:] {
		if err := q.post(url, due[0]); err != nil {
			q.mu.Lock()
			q.due = append(due, q.due...)
			q.mu.Unlock()
			return err
		}
	}
	return nil
}

func (q *Queue) post(url, body string) error {
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body)) //nolint:noctx // the simulator's own
	if err != nil {
		return err
	}
	req.SetBasicAuth(q.user, q.password)
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the message was answered with HTTP %d", resp.StatusCode)
	}
	return nil
}
