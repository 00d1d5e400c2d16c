package fo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/hakooi/erpbridge"
)

// What a Receipt.Ref of an accepted document begins with: what it is the id of.
const (
	executionRef = "execution/"
	messageRef   = "message/"
)

// maxExecutions is how often a package is imported under the same keys, each time after
// the last came to nothing.
const maxExecutions = 50

// ids is the space of names that ids of executions are made in.
var ids = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://github.com/hakooi/erpbridge/adapters/erp/fo"))

// executionID returns the id of the n-th import of some documents: the same on every
// attempt and by every daemon.
func executionID(sent []lifted, n int) string {
	keys := make([]string, 0, len(sent))
	for _, s := range sent {
		keys = append(keys, s.key)
	}
	return "erpbridge-" + uuid.NewSHA1(ids, fmt.Appendf(nil, "%s\n%d", strings.Join(keys, "\n"), n)).String()
}

// importPackage has F&O import a package by the data management package REST API, unless
// it is doing so already.
//
//	1st id known? ──no──▶ import under it
//	    │yes
//	    ├─ under way ──▶ Accepted, nothing is sent
//	    └─ over, and the order is not there as it should be ──▶ 2nd id known? ──▶ ...
func (e *ERP) importPackage(ctx context.Context, sent []lifted, zip []byte) (erpbridge.Receipt, error) {
	// The calls must not be made in parallel: "it will fail".
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return erpbridge.Receipt{}, e.client.fail(deliverOp, erpbridge.Transient, fmt.Errorf("waiting for the import before: %w", ctx.Err()))
	}
	id, running, err := e.nextExecution(ctx, deliverOp, sent)
	if err != nil {
		return erpbridge.Receipt{}, err
	}
	if running != "" {
		return accepted(executionRef+id, running), nil
	}
	address, err := e.upload(ctx, zip)
	if err != nil {
		return erpbridge.Receipt{}, err
	}
	var got string
	if err := e.call(ctx, deliverOp, "ImportFromPackage", true, map[string]any{
		"packageUrl":        address,
		"definitionGroupId": e.conf.Project,
		"executionId":       id,
		"execute":           true,
		"overwrite":         true,
		"legalEntityId":     e.conf.LegalEntity,
	}, &got); err != nil {
		return erpbridge.Receipt{}, err
	}
	// Another id than ours would be another import, of which nobody could tell whether it
	// is this one.
	if !strings.EqualFold(strings.TrimSpace(got), id) {
		return erpbridge.Receipt{}, e.client.fail(deliverOp, erpbridge.InDoubt, fmt.Errorf("F&O imports under %q, not under the id it was given (%s)", clip(got, 60), id))
	}
	return accepted(executionRef+id, ""), nil
}

func accepted(ref, state string) erpbridge.Receipt {
	return erpbridge.Receipt{Ref: ref, Warning: state, Accepted: true}
}

// nextExecution returns the first id of the sequence that nothing ran under yet, or that
// something runs under now; running is its state then.
func (e *ERP) nextExecution(ctx context.Context, op string, sent []lifted) (id, running string, err error) {
	for n := 1; n <= maxExecutions; n++ {
		id = executionID(sent, n)
		p, word, err := e.execution(ctx, op, id)
		switch {
		case err != nil:
			return "", "", err
		case p == unknown:
			return id, "", nil
		case p == underWay:
			return id, word, nil
		}
	}
	return "", "", e.client.fail(op, erpbridge.Invalid, fmt.Errorf("%d imports of it came to nothing: look at the last of them in F&O, %s", maxExecutions, id))
}

// execution returns the state of an import, in the table's word and in F&O's.
func (e *ERP) execution(ctx context.Context, op, id string) (progress, string, error) {
	var word string
	err := e.call(ctx, op, "GetExecutionSummaryStatus", false, map[string]string{"executionId": id}, &word)
	if err != nil {
		if isNoExecution(err, id) {
			return unknown, "Unknown", nil
		}
		return notUnderstood, "", err
	}
	p := stateOf(executionStates, word)
	if p == notUnderstood {
		return p, word, e.client.fail(op, erpbridge.Transient, fmt.Errorf("the import is %q, which is no state that is known", clip(word, 60)))
	}
	return p, word, nil
}

// upload puts a package into F&O's blob storage, under a new name, and returns where.
func (e *ERP) upload(ctx context.Context, zip []byte) (string, error) {
	name := uuid.NewString() + ".zip" // a new one for each attempt: the address ends
	var value string
	if err := e.call(ctx, deliverOp, "GetAzureWriteUrl", false, map[string]string{"uniqueFileName": name}, &value); err != nil {
		return "", err
	}
	var blob struct {
		ID  string `json:"BlobId"`
		URL string `json:"BlobUrl"`
	}
	// The value is JSON once more, in a string.
	if err := decodeJSON([]byte(value), &blob); err != nil {
		return "", e.client.fail(deliverOp, erpbridge.Transient, fmt.Errorf("the value of GetAzureWriteUrl is not understood: %w", err))
	}
	address, err := storageURL(blob.URL, true)
	if err != nil {
		return "", e.client.fail(deliverOp, erpbridge.Refused, fmt.Errorf("GetAzureWriteUrl: %w", err))
	}
	_, err = e.send(ctx, request{
		op: deliverOp, method: http.MethodPut, url: address, storage: true,
		contentType: "application/zip", body: zip, header: map[string]string{"x-ms-blob-type": "BlockBlob"},
	})
	if err != nil {
		return "", e.stored(err)
	}
	return address, nil
}

// stored is the error of an upload. The address was made a moment ago and for this
// attempt, so that no refusal of it is for an operator: the next one has another.
func (e *ERP) stored(err error) error {
	var about *erpbridge.Error
	if !errors.As(err, &about) {
		return err
	}
	told := *about
	told.Err = fmt.Errorf("writing to F&O's blob storage: %w", about.Err)
	if told.Kind == erpbridge.Refused || told.Kind == erpbridge.Invalid {
		told.Kind = erpbridge.Transient
	}
	return &told
}

// messageID is what enqueue answers with.
var messageID = regexp.MustCompile(`^\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?$`)

// enqueue gives a package to a recurring data job.
func (e *ERP) enqueue(ctx context.Context, sent []lifted, zip []byte) (erpbridge.Receipt, error) {
	got, err := e.send(ctx, request{
		op: deliverOp, method: http.MethodPost, effect: true,
		url:         e.conf.base() + "/api/connector/enqueue/%7B" + e.conf.Activity + "%7D?company=" + e.conf.LegalEntity,
		contentType: "application/zip", body: zip,
		// For people who look at the queue; F&O does not look at it.
		header: map[string]string{"x-ms-dyn-externalidentifier": executionID(sent, 1)},
	})
	if err != nil {
		return erpbridge.Receipt{}, err
	}
	var id string
	if err := decodeJSON(got.raw, &id); err != nil {
		return erpbridge.Receipt{}, e.client.fail(deliverOp, erpbridge.InDoubt, fmt.Errorf("the answer of enqueue is no message id: %w", err))
	}
	found := messageID.FindStringSubmatch(strings.TrimSpace(id))
	if found == nil || found[1] == uuid.Nil.String() {
		return erpbridge.Receipt{}, e.client.fail(deliverOp, erpbridge.InDoubt, fmt.Errorf("the answer of enqueue is %q, which is no message id", clip(id, 60)))
	}
	return accepted(messageRef+strings.ToLower(found[1]), ""), nil
}
