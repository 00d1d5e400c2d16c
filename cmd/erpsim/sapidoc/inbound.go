package sapidoc

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

const (
	nsSOAP = "http://schemas.xmlsoap.org/soap/envelope/"
	nsIDoc = "urn:sap-com:document:sap:idoc:soap:messages"
)

// Handler serves /sap/bc/srt/idoc, /sap/bc/idoc_xml and /sap/bc/ping.
func (s *System) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sap/bc/srt/idoc", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, true) })
	mux.HandleFunc("POST /sap/bc/idoc_xml", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, false) })
	mux.HandleFunc("GET /sap/bc/ping", func(w http.ResponseWriter, r *http.Request) {
		if s.allowed(w, r) {
			page(w, http.StatusOK, "Server reached successfully")
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		page(w, http.StatusNotFound, "Service cannot be reached")
	})
	return mux
}

// mostFailures is after how many wrong passwords a user is locked.
const mostFailures = 5

func (s *System) allowed(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	user, password, ok := r.BasicAuth()
	switch {
	case r.URL.Query().Get("sap-client") != s.conf.Client:
		page(w, http.StatusUnauthorized, "Logon failed: client does not exist")
		return false
	case s.conf.User == "":
		return true
	case !ok || user != s.conf.User || password != s.conf.Password || s.failures >= mostFailures:
		s.failures++
		page(w, http.StatusUnauthorized, "Logon failed")
		return false
	}
	s.failures = 0
	return true
}

func page(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<html><head><title>%s</title></head><body><h1>%s</h1></body></html>", html.EscapeString(text), html.EscapeString(text))
}

// largest is the largest request that is read, in bytes.
const largest = 64 << 20

// A reply is what goes back once the work is done.
type reply struct {
	status int
	html   string
	soap   string // the content of the Body
}

func (s *System) serve(w http.ResponseWriter, r *http.Request, soap bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, largest))
	if err != nil || !s.allowed(w, r) {
		return
	}
	s.mu.Lock()
	s.Arrive()
	f := s.conf.Faults
	wait := s.dice.First(mishap.Chance{Name: slow, P: f.Slow}) != ""
	happens := s.dice.First(f.chances(soap)...)
	s.mu.Unlock()
	switch happens {
	case dropBefore:
		panic(http.ErrAbortHandler)
	case overload:
		w.Header().Set("Retry-After", "1")
		page(w, http.StatusServiceUnavailable, "Server overload")
		return
	case htmlPage:
		page(w, http.StatusInternalServerError, "Application Server Error")
		return
	case forbidden:
		page(w, http.StatusForbidden, "Forbidden")
		return
	case generic:
		send(w, genericFault(), false)
		return
	case locked:
		send(w, faultOf("EA728 MSGID_LOCKED"), false)
		return
	}
	var out reply
	if soap {
		out = s.takeSOAP(body, wait, happens == wordless)
	} else {
		out = s.takePlain(body, wait)
	}
	switch happens {
	case dropAfter:
		panic(http.ErrAbortHandler)
	case timeOut:
		page(w, http.StatusInternalServerError, "500 Connection timed out")
	case genericAfter:
		send(w, genericFault(), false)
	default:
		send(w, out, happens == half)
	}
}

func send(w http.ResponseWriter, out reply, cut bool) {
	text := out.html
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if out.soap != "" || text == "" {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		text = `<soap-env:Envelope xmlns:soap-env="` + nsSOAP + `"><soap-env:Header/><soap-env:Body>` + out.soap + `</soap-env:Body></soap-env:Envelope>`
	}
	if cut {
		text = text[:len(text)/2]
	}
	w.WriteHeader(out.status)
	_, _ = io.WriteString(w, text)
}

func faultOf(text string) reply {
	return reply{status: http.StatusInternalServerError, soap: `<soap-env:Fault><faultcode>soap-env:Server</faultcode><faultstring xml:lang="en">` + html.EscapeString(text) + `</faultstring><detail/></soap-env:Fault>`}
}

func genericFault() reply {
	return faultOf("Web service processing error; more details in the web service error log on provider side (UTC timestamp 20261120101530; Transaction ID 8983FE51F96F0070E0060F4D726A6BCC)")
}

// takeSOAP takes one message with one IDoc, once by its id (message EA728).
func (s *System) takeSOAP(body []byte, wait, wordless bool) reply {
	root, err := read(body)
	if err != nil {
		s.Object("soap: %v", err)
		return genericFault()
	}
	if root.name.Space != nsSOAP || root.name.Local != "Envelope" || len(root.all("Body")) != 1 || len(root.all("Body")[0].kids) != 1 {
		s.Object("soap: no envelope with one element")
		return faultOf("Wrong SOAP Version")
	}
	content := root.all("Body")[0].kids[0]
	if strange := foreign(content); strange != "" {
		s.Object("soap: %s is in another namespace", strange)
		return genericFault()
	}
	if len(content.kids) != 1 {
		s.Object("soap: %d IDocs", len(content.kids))
		return faultOf("MULTIPLE_IDOCS_NOT_ALLOWED")
	}
	idoc := content.kids[0]
	c := controlOf(idoc)
	switch {
	case c.arckey == "":
		s.Object("soap: no message id")
		return faultOf("SOAP_MSGID_INITIAL")
	case !strings.HasPrefix(c.arckey, msgid):
		s.Object("soap: %s", c.arckey)
		return faultOf("SOAP_MSGID_PREFIX_INVALID")
	}
	s.mu.Lock()
	s.Ask(Attempt{"soap", c.message, c.docnum, c.messageID, referenceOf(idoc)})
	if s.working[c.messageID] {
		s.mu.Unlock()
		return faultOf("EA728 MSGID_LOCKED")
	}
	s.working[c.messageID] = true
	s.mu.Unlock()
	if wait {
		time.Sleep(s.conf.Faults.SlowBy)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.working, c.messageID)
	kept, known := s.ids[c.messageID]
	if !known {
		kept = s.store(idoc, c)
		s.remember(c.messageID, kept)
	}
	answer := `<n0:` + content.name.Local + `Response xmlns:n0="` + nsIDoc + `">`
	if !known || !wordless {
		answer += `<n0:IdocAssign><n0:TransferId>` + c.docnum + `</n0:TransferId><n0:DbId>` + kept.Number + `</n0:DbId></n0:IdocAssign>`
	}
	return reply{status: http.StatusOK, soap: answer + `</n0:` + content.name.Local + `Response>`}
}

// remember keeps a message id, and forgets the oldest. The lock is held.
func (s *System) remember(id string, d *IDoc) {
	s.ids[id] = d
	s.order = append(s.order, id)
	if n := s.conf.ForgetIDs; n > 0 && len(s.order) > n {
		delete(s.ids, s.order[0])
		s.order = s.order[1:]
	}
}

// foreign returns the name of an element that is not in the IDocs' namespace.
func foreign(s *segment) string {
	if s.name.Space != nsIDoc {
		return s.name.Local
	}
	for _, k := range s.kids {
		if name := foreign(k); name != "" {
			return name
		}
	}
	return ""
}

// takePlain takes a document with IDocs and stores all of them, whether it has them
// already or not.
func (s *System) takePlain(body []byte, wait bool) reply {
	if wait {
		time.Sleep(s.conf.Faults.SlowBy)
	}
	if err := s.storeAll("http", body); err != nil {
		s.Object("http: %v", err)
		return reply{status: http.StatusOK, html: "<html><head><title>IDoc-XML-inbound failed</title></head><body>" + html.EscapeString(err.Error()) + "</body></html>"}
	}
	return reply{status: http.StatusOK, html: "<html><head><title>IDoc-XML-inbound ok</title></head><body><h1>IDoc-XML-inbound ok</h1></body></html>"}
}

// storeAll stores the IDocs of a plain document.
func (s *System) storeAll(via string, body []byte) error {
	root, err := read(body)
	if err != nil {
		return err
	}
	if root.name.Space != "" {
		return fmt.Errorf("the root is in the namespace %s", root.name.Space)
	}
	idocs := root.all("IDOC")
	if len(idocs) == 0 || len(idocs) != len(root.kids) {
		return fmt.Errorf("%d IDocs among %d elements", len(idocs), len(root.kids))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range idocs {
		c := controlOf(d)
		s.Ask(Attempt{via, c.message, c.docnum, c.messageID, referenceOf(d)})
		s.store(d, c)
	}
	return nil
}
