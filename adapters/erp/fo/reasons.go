package fo

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// reasons are what F&O says about an import that went wrong. They are for people: no
// decision hangs on them, and where they cannot be had there are none.
type reasons struct {
	said []string
	// named holds the files of the records that failed. They are searched for the keys of
	// lines and not told: they hold addresses.
	named []string
}

const (
	mostReasons = 5
	mostLooks   = 3       // for a file that F&O is making
	mostFile    = 1 << 20 // of a file
)

// about returns what was said about an order, or, where it is not named, about all.
func (r *reasons) about(o *order) string {
	keys := []string{o.number()}
	for _, l := range o.lines {
		keys = append(keys, l.get(fieldLot))
	}
	var told []string
	for _, s := range r.said {
		if slices.ContainsFunc(keys, func(k string) bool { return strings.Contains(s, k) }) {
			told = append(told, s)
		}
	}
	if len(told) == 0 {
		told = slices.Clone(r.said)
	}
	if len(told) > mostReasons {
		told = append(told[:mostReasons], "and more")
	}
	if failed := r.lines(o); len(failed) > 0 {
		told = append(told, "its error files name "+several(failed))
	}
	return strings.Join(told, "; ")
}

// lines returns the items of the lines whose keys stand in the error files.
func (r *reasons) lines(o *order) []string {
	var out []string
	for _, l := range o.lines {
		if slices.ContainsFunc(r.named, func(file string) bool { return strings.Contains(file, l.get(fieldLot)) }) {
			out = append(out, clip(l.get(fieldItem), 30))
		}
	}
	return out
}

// reasons gathers what F&O has to say about an execution.
func (e *ERP) reasons(ctx context.Context, execution string) *reasons {
	r := &reasons{}
	if execution == "" {
		return r
	}
	var list string
	if err := e.call(ctx, confirmOp, "GetExecutionErrors", false, map[string]string{"executionId": execution}, &list); err == nil {
		r.said = messages(list)
	}
	for _, entity := range []string{e.conf.Headers.Name, e.conf.Lines.Name} {
		of := map[string]string{"executionId": execution, "entityName": entity}
		var address string
		if err := e.call(ctx, confirmOp, "GetImportStagingErrorFileUrl", false, of, &address); err == nil {
			r.read(e.download(ctx, address))
		}
		r.read(e.download(ctx, e.keysFile(ctx, of)))
	}
	return r
}

func (r *reasons) read(file string) {
	if file != "" {
		r.named = append(r.named, file)
	}
}

// keysFile has F&O make the file of the keys that did not pass from staging to the sales
// tables, and returns where it is. It is made in the background: it is looked for a few
// times.
func (e *ERP) keysFile(ctx context.Context, of map[string]string) string {
	var any bool
	if err := e.call(ctx, confirmOp, "GenerateImportTargetErrorKeysFile", false, of, &any); err != nil || !any {
		return ""
	}
	for range mostLooks {
		var address string
		if err := e.call(ctx, confirmOp, "GetImportTargetErrorKeysFileUrl", false, of, &address); err != nil {
			return ""
		}
		if address != "" {
			return address
		}
		select {
		case <-time.After(e.pause):
		case <-ctx.Done():
			return ""
		}
	}
	return ""
}

// download reads a file of errors; "" where there is none.
func (e *ERP) download(ctx context.Context, address string) string {
	if address == "" {
		return ""
	}
	address, err := storageURL(address, false)
	if err != nil {
		return ""
	}
	got, err := e.send(ctx, request{op: confirmOp, method: http.MethodGet, url: address, storage: true})
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(got.raw[:min(len(got.raw), mostFile)]), "\x00", "") // UTF-16 of plain letters
}

// messages reads the list of GetExecutionErrors: JSON in a string, whose objects say what
// is wrong with which record, and in what words depends on the version. What is not such a
// list is told as it is.
func messages(list string) []string {
	list = strings.TrimSpace(list)
	if list == "" || list == "[]" {
		return nil
	}
	var rows []map[string]any
	if err := decodeJSON([]byte(list), &rows); err != nil {
		if json.Valid([]byte(list)) {
			return nil
		}
		return []string{clip(list, 300)}
	}
	var out []string
	for _, row := range rows {
		var first, rest []string
		for _, name := range slices.Sorted(maps.Keys(row)) {
			value, _ := row[name].(string)
			if value = strings.TrimSpace(value); value == "" {
				continue
			}
			if strings.Contains(strings.ToLower(name), "message") || strings.Contains(strings.ToLower(name), "error") {
				first = append(first, value)
			} else {
				rest = append(rest, name+" "+value)
			}
		}
		if said := strings.Join(append(first, rest...), ", "); said != "" && !slices.Contains(out, said) {
			out = append(out, clip(said, 300))
		}
	}
	return out
}
