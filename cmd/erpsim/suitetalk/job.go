package suitetalk

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/beevik/etree"
)

// A job is an asynchronous request on its way.
type job struct {
	id      string
	ready   bool   // its delay is over
	status  string // as the vendor calls it
	work    func() ([]*etree.Element, string)
	results []*etree.Element
	unknown bool // nothing is said of it
}

// jobs are worked in the order they came: one that waits holds up those behind it.
type jobs struct {
	mu    sync.Mutex
	all   map[string]*job
	queue []*job
	taken int
}

func (js *jobs) reset() {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.all, js.queue, js.taken = nil, nil, 0
}

func (js *jobs) counts() (taken, waiting int) {
	js.mu.Lock()
	defer js.mu.Unlock()
	return js.taken, len(js.queue)
}

func (js *jobs) add(j *job) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.all == nil {
		js.all = make(map[string]*job)
	}
	js.all[j.id] = j
	js.queue = append(js.queue, j)
	js.taken++
}

// run works the jobs whose turn it is, now that one more of them may be.
func (js *jobs) run(j *job) {
	js.mu.Lock()
	defer js.mu.Unlock()
	j.ready = true
	for len(js.queue) > 0 && js.queue[0].ready {
		next := js.queue[0]
		js.queue = js.queue[1:]
		next.results, next.status = next.work()
	}
}

// submit takes a job and returns what is said of it.
func (s *Server) submit(epoch context.Context, req *request, late bool) *etree.Element {
	m := s.modes.first(jobKinds, req.subjects())
	if m == nil {
		m = &Mode{}
	}
	account := ""
	if req.passport != nil {
		account = req.passport.account
	}
	j := &job{
		id:      fmt.Sprintf("ASYNCWEBSERVICES_%s_%d", account, req.id),
		status:  "pending",
		unknown: m.Kind == JobLost || m.Kind == JobForgotten,
	}
	told := asyncStatus(j.id, j.status)
	j.work = func() ([]*etree.Element, string) {
		switch m.Kind {
		case JobLost, JobFailed:
			return nil, "failed"
		case JobHalf:
			_, _ = s.writeAll(epoch, req, late, req.submissions[:len(req.submissions)/2]) // nobody is told
			return nil, "failed"
		}
		results, f := s.writeAll(epoch, req, late, req.submissions)
		if f != nil {
			return nil, "failed"
		}
		for _, r := range results {
			if child(r, "status").SelectAttrValue("isSuccess", "") != "true" {
				return results, "finishedWithErrors"
			}
		}
		return results, "finished"
	}
	s.jobs.add(j)
	delay := time.Duration(0)
	if m.Kind == JobSlow {
		delay = m.Delay
	}
	s.later(epoch, delay, func() { s.jobs.run(j) })
	return told
}

// status says how far a job is.
func (js *jobs) status(id string) ([]*etree.Element, *fault) {
	js.mu.Lock()
	defer js.mu.Unlock()
	j := js.all[id]
	if j == nil || j.unknown {
		return nil, vendorFault("INVALID_JOB_ID", "The job id "+id+" is not valid.")
	}
	return []*etree.Element{asyncStatus(j.id, j.status)}, nil
}

// results are those of a job that is finished: all of them on the first page.
func (js *jobs) results(id, page string) ([]*etree.Element, *fault) {
	js.mu.Lock()
	defer js.mu.Unlock()
	j := js.all[id]
	n, err := strconv.Atoi(page)
	switch {
	case j == nil || j.unknown:
		return nil, vendorFault("INVALID_JOB_ID", "The job id "+id+" is not valid.")
	case err != nil || n != 1:
		return nil, vendorFault("UNEXPECTED_ERROR", "The page "+page+" is out of range.")
	case j.results == nil:
		return nil, vendorFault("JOB_NOT_COMPLETE", "The job is "+j.status+".")
	}
	copies := make([]*etree.Element, 0, len(j.results))
	for _, r := range j.results {
		copies = append(copies, r.Copy())
	}
	return copies, nil
}

func asyncStatus(id, status string) *etree.Element {
	e := etree.NewElement("platformCore:asyncStatusResult")
	e.CreateElement("platformCore:jobId").SetText(id)
	e.CreateElement("platformCore:status").SetText(status)
	percent := "0.0"
	if status != "pending" {
		percent = "100.0"
	}
	e.CreateElement("platformCore:percentCompleted").SetText(percent)
	e.CreateElement("platformCore:estRemainingDuration").SetText("0.0")
	return e
}
