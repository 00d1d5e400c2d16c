package dmf

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

const emptyID = "00000000-0000-0000-0000-000000000000"

// actions are those of the data management package REST API.
func (s *Server) actions() map[string]func(*call) answer {
	return map[string]func(*call) answer{
		"GetAzureWriteUrl":                  s.getAzureWriteURL,
		"ImportFromPackage":                 s.importFromPackage,
		"GetExecutionSummaryStatus":         s.getExecutionSummaryStatus,
		"GetExecutionErrors":                s.getExecutionErrors,
		"GetImportStagingErrorFileUrl":      s.getImportStagingErrorFileURL,
		"GenerateImportTargetErrorKeysFile": s.generateImportTargetErrorKeysFile,
		"GetImportTargetErrorKeysFileUrl":   s.getImportTargetErrorKeysFileURL,
		"GetExecutionIdByMessageId":         s.getExecutionIDByMessageID,
		"GetMessageStatus":                  s.getMessageStatus,
	}
}

// malformed is the answer to parameters that the action does not have.
func malformed(err error) answer {
	return asJSON(http.StatusBadRequest, map[string]any{"error": map[string]any{"code": "", "message": "The parameters are not those of the action: " + err.Error()}})
}

func (s *Server) getAzureWriteURL(c *call) answer {
	var in struct {
		Name string `json:"uniqueFileName"`
	}
	if err := mishap.Strictly(c.body, &in); err != nil {
		return malformed(err)
	}
	if in.Name == "" {
		return malformed(errors.New("uniqueFileName is needed"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := uuid.NewString()
	b := &blob{signature: rand.Text(), ends: s.conf.Now().Add(30 * time.Minute)}
	s.blobs[name] = b
	address := "http://" + c.Host + "/storage/dmf/" + name + "?sv=2014-02-14&sr=b&sig=" + url.QueryEscape(b.signature) + "&se=" + url.QueryEscape(b.ends.UTC().Format(time.RFC3339)) + "&sp=rw"
	inner, err := json.Marshal(map[string]string{"BlobId": "{" + strings.ToUpper(name) + "}", "BlobUrl": address})
	if err != nil {
		return failure(http.StatusInternalServerError, err.Error())
	}
	return value("String", string(inner))
}

// upload takes a file into blob storage.
func (s *Server) upload(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blobs[c.PathValue("name")]
	xml := func(status int, code string) answer {
		return answer{status: status, contentType: "application/xml", body: []byte(`<?xml version="1.0" encoding="utf-8"?><Error><Code>` + code + `</Code></Error>`)}
	}
	switch {
	case b == nil || c.URL.Query().Get("sig") != b.signature || s.conf.Now().After(b.ends):
		return xml(http.StatusForbidden, "AuthenticationFailed")
	case c.Header.Get("Authorization") != "":
		return xml(http.StatusBadRequest, "InvalidAuthenticationInfo")
	case c.Header.Get("x-ms-blob-type") != "BlockBlob":
		return xml(http.StatusBadRequest, "MissingRequiredHeader")
	}
	sum := sha256.Sum256(c.body)
	c.hash = hex.EncodeToString(sum[:])
	b.content, b.put, b.there = c.body, s.conf.Now(), true
	return answer{status: http.StatusCreated}
}

func (s *Server) importFromPackage(c *call) answer {
	var in struct {
		URL       string `json:"packageUrl"`
		Project   string `json:"definitionGroupId"`
		Execution string `json:"executionId"`
		Execute   *bool  `json:"execute"`
		Overwrite *bool  `json:"overwrite"`
		Company   string `json:"legalEntityId"`
	}
	if err := mishap.Strictly(c.body, &in); err != nil {
		return malformed(err)
	}
	if in.Execute == nil || in.Overwrite == nil || in.URL == "" || in.Project == "" {
		return malformed(errors.New("packageUrl, definitionGroupId, execute and overwrite are needed"))
	}
	c.key = in.Execution
	if !s.enter() {
		return failure(http.StatusInternalServerError, "Exception occurred while executing action ImportFromPackage on Entity DataManagementDefinitionGroup: the data project "+in.Project+" is already being executed; the action must not be called in parallel.")
	}
	defer s.leave()
	sleep(c.Context(), time.Millisecond) // long enough to be met by another
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.EqualFold(in.Company, s.conf.Company) {
		return failure(http.StatusInternalServerError, "Exception occurred while executing action ImportFromPackage on Entity DataManagementDefinitionGroup: "+in.Company+" is not a valid company.")
	}
	address, err := url.Parse(in.URL)
	if err != nil {
		return malformed(err)
	}
	b := s.blobs[address.Path[strings.LastIndex(address.Path, "/")+1:]]
	if b == nil || address.Query().Get("sig") != b.signature || !b.there {
		return failure(http.StatusInternalServerError, "Exception occurred while executing action ImportFromPackage on Entity DataManagementDefinitionGroup: The specified blob does not exist.")
	}
	if in.Execution == "" {
		in.Execution = in.Project + "-" + uuid.NewString()
	}
	if _, twice := s.executions[in.Execution]; twice {
		return failure(http.StatusInternalServerError, "Exception occurred while executing action ImportFromPackage on Entity DataManagementDefinitionGroup: The execution id "+in.Execution+" already exists.")
	}
	x := &execution{id: in.Execution, key: in.Execution, blob: b}
	s.executions[x.id] = x
	s.begin(x)
	return value("String", x.id)
}

// enter reports whether no other call of ImportFromPackage is being worked on.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.importing > 0 {
		s.parallel++
		return false
	}
	s.importing++
	return true
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.importing--
}

// named reads the parameter executionId and returns the execution. The caller holds mu.
func (s *Server) named(c *call, action string, entity *string) (*execution, answer) {
	var in struct {
		Execution string `json:"executionId"`
		Entity    string `json:"entityName"`
	}
	if err := mishap.Strictly(c.body, &in); err != nil {
		return nil, malformed(err)
	}
	if (entity != nil) != (in.Entity != "") {
		return nil, malformed(errors.New("entityName is needed, or not known here"))
	}
	if entity != nil {
		*entity = in.Entity
	}
	x := s.executions[in.Execution]
	if x == nil || s.conf.Now().Before(x.unknown) {
		return nil, failure(http.StatusInternalServerError, "Exception occurred while executing action "+action+" on Entity DataManagementDefinitionGroup: Execution details were not found for execution id: "+in.Execution)
	}
	return x, answer{}
}

func (s *Server) getExecutionSummaryStatus(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, no := s.named(c, "GetExecutionSummaryStatus", nil)
	if x == nil {
		return no
	}
	return value("Microsoft.Dynamics.DataEntities.DMFExecutionSummaryStatus", x.state)
}

func (s *Server) getExecutionErrors(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, no := s.named(c, "GetExecutionErrors", nil)
	if x == nil {
		return no
	}
	told := []complaint{}
	if !x.silent() {
		told = append(told, x.complaint...)
	}
	inner, err := json.Marshal(told)
	if err != nil {
		return failure(http.StatusInternalServerError, err.Error())
	}
	return value("String", string(inner))
}

// silent reports whether what went wrong is not told.
func (x *execution) silent() bool {
	for number := range x.modes {
		if _, ok := x.fired(number, NoErrors); ok {
			return true
		}
	}
	return false
}

// complained returns the keys of records that failed, of an entity, in or after staging.
func (x *execution) complained(entity string, staging bool) []string {
	var keys []string
	for _, c := range x.complaint {
		line := entityElements[entity] == "SALESORDERLINEV2ENTITY"
		if c.staging == staging && line == (len(c.RecordID) == 18) && c.RecordID != "" {
			keys = append(keys, c.RecordID)
		}
	}
	return keys
}

func (s *Server) getImportStagingErrorFileURL(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	entity := ""
	x, no := s.named(c, "GetImportStagingErrorFileUrl", &entity)
	if x == nil {
		return no
	}
	if x.silent() || len(x.complained(entity, true)) == 0 {
		return value("String", "")
	}
	return value("String", "http://"+c.Host+"/storage/errors/"+x.id+"/staging?sig=x&entity="+url.QueryEscape(entity))
}

func (s *Server) generateImportTargetErrorKeysFile(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	entity := ""
	x, no := s.named(c, "GenerateImportTargetErrorKeysFile", &entity)
	if x == nil {
		return no
	}
	return value("Boolean", !x.silent() && len(x.complained(entity, false)) > 0)
}

// getImportTargetErrorKeysFileURL knows the address the second time: the file is made in
// the background.
func (s *Server) getImportTargetErrorKeysFileURL(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	entity := ""
	x, no := s.named(c, "GetImportTargetErrorKeysFileUrl", &entity)
	if x == nil {
		return no
	}
	if !x.asked[entity] {
		x.asked[entity] = true
		return value("String", "")
	}
	return value("String", "http://"+c.Host+"/storage/errors/"+x.id+"/keys?sig=x&entity="+url.QueryEscape(entity))
}

func (s *Server) download(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.executions[c.PathValue("execution")]
	if x == nil || c.Header.Get("Authorization") != "" {
		return answer{status: http.StatusForbidden}
	}
	keys := x.complained(c.URL.Query().Get("entity"), c.PathValue("name") == "staging")
	return answer{contentType: "text/csv", body: []byte("KEY\r\n" + strings.Join(keys, "\r\n") + "\r\n")}
}

var braced = regexp.MustCompile(`^\{[0-9A-Fa-f-]{36}\}$`)

// activity reports whether a recurring data job exists.
func (s *Server) activity(c *call) bool {
	name := c.PathValue("activity")
	return braced.MatchString(name) && has(s.conf.Activities, strings.Trim(name, "{}"))
}

func (s *Server) enqueue(c *call) answer {
	if !s.activity(c) {
		return answer{status: http.StatusNotFound, contentType: "text/html", body: []byte("<html><body>404 Not Found</body></html>")}
	}
	if c.URL.Query().Get("entity") != "" { // of single files
		return asJSON(http.StatusBadRequest, map[string]string{"Message": "The entity must not be given for a data package."})
	}
	if company := c.URL.Query().Get("company"); !strings.EqualFold(company, s.conf.Company) {
		return asJSON(http.StatusBadRequest, map[string]string{"Message": company + " is not a valid company."})
	}
	if len(c.body) == 0 {
		return asJSON(http.StatusBadRequest, map[string]string{"Message": "The file is empty."})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := sha256.Sum256(c.body)
	c.key, c.hash = c.Header.Get("x-ms-dyn-externalidentifier"), hex.EncodeToString(sum[:])
	x := &execution{id: uuid.NewString(), message: uuid.NewString(), key: c.key, blob: &blob{content: c.body, put: s.conf.Now(), there: true}}
	s.executions[x.id], s.messages[x.message] = x, x
	s.begin(x)
	return asJSON(http.StatusOK, x.message)
}

// messageStates are the states of a message by those of its execution.
var messageStates = map[string]string{
	"NotRun": "Enqueued", "Executing": "InProcess", "Succeeded": "Processed", "PartiallySucceeded": "ProcessedWithErrors",
	"Failed": "PreProcessError", "Canceled": "PostProcessError",
}

func (s *Server) jobstatus(c *call) answer {
	if !s.activity(c) {
		return answer{status: http.StatusNotFound, contentType: "text/html", body: []byte("<html><body>404 Not Found</body></html>")}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.messages[strings.Trim(c.URL.Query().Get("jobId"), "{}")]
	if x == nil || s.conf.Now().Before(x.unknown) {
		return answer{status: http.StatusNotFound, contentType: jsonType, body: []byte(`{"Message":"The job was not found."}`)}
	}
	id := x.id
	if x.state == "NotRun" {
		id = emptyID
	}
	return asJSON(http.StatusOK, map[string]any{
		"DataJobStatus":   map[string]any{"DataJobIdentifier": x.message, "ExternalIdentifier": x.key, "ExecutionIdentifier": id, "DataJobState": messageStates[x.state]},
		"ExecutionLog":    "",
		"ExecutionDetail": []any{},
	})
}

func (s *Server) getExecutionIDByMessageID(c *call) answer {
	var in struct {
		Message string `json:"_messageId"`
	}
	if err := mishap.Strictly(c.body, &in); err != nil {
		return malformed(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.messages[in.Message]
	if x == nil || x.state == "NotRun" {
		return value("String", emptyID)
	}
	return value("String", x.id)
}

func (s *Server) getMessageStatus(c *call) answer {
	var in struct {
		Message string `json:"messageId"`
	}
	if err := mishap.Strictly(c.body, &in); err != nil {
		return malformed(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.messages[in.Message]
	if x == nil {
		return failure(http.StatusInternalServerError, "The message was not found.")
	}
	return value("String", messageStates[x.state])
}
