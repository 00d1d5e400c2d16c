package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge"
)

// A previewed is what a message would come to.
type previewed struct {
	Status    string            `json:"status"` // documents, held, invalid or ignored
	Reason    string            `json:"reason"`
	Documents []previewDocument `json:"documents"`
}

type previewDocument struct {
	Target string `json:"target"`
	Kind   string `json:"kind"`
	Key    string `json:"key"`
	File   string `json:"file,omitempty"`
}

// mostPreview bounds what preview reads.
const mostPreview = 64 << 20

func newPreview(opt *options) *cobra.Command {
	var store, topic, target, out, xref string
	c := &cobra.Command{
		Use: "preview --store S --topic T FILE", Short: "Show what a storefront's message would come to, without any server",
		Long: `Preview takes a message's body from FILE (- is standard input) through the pipeline
and shows the documents that would go to the ERPs. Nothing is sent or stored, and
no server is needed. Exit code 0: documents; 3: held, a mapping is missing;
4: invalid; 5: ignored. The reason is printed each time.

The cross-reference tables are empty, unless --xref names a file as xref export writes
it; every target is given its entries.`,
		Example: `  erpbridge preview --store shop-eu --topic orders/create --out /tmp/docs order.json`,
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if store == "" || topic == "" {
				return &codedError{exitUsage, errors.New("say with --store which store the message is of, and with --topic what the storefront calls it, such as orders/create")}
			}
			tables, err := previewReferences(xref)
			if err != nil {
				return err
			}
			conf, n, err := opt.loadWith(func(string) erpbridge.CrossReference { return tables })
			if err != nil {
				return err
			}
			if _, ok := n.stores[store]; !ok {
				return &codedError{exitUsage, fmt.Errorf("there is no store %q in %s; known: %s", store, opt.config, known(n.stores))}
			}
			if _, ok := n.targets[target]; target != "" && !ok {
				return &codedError{exitUsage, fmt.Errorf("there is no target %q in %s; known: %s", target, opt.config, known(n.targets))}
			}
			body, err := readBody(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			p, err := lay(conf, n)
			if err != nil {
				return err
			}
			d := p.Decide(c.Context(), erpbridge.Message{
				ID: digestOf(body), Store: store, Type: topic, Via: erpbridge.ViaPartner,
				ContentType: "application/json", Body: body, ReceivedAt: time.Now(),
			})
			res, code := preview(d, target)
			if err := writeDocuments(&res, d, target, out); err != nil {
				return err
			}
			if err := showPreview(c.OutOrStdout(), opt, res, d, target, out); err != nil {
				return err
			}
			if code == exitHeld && xref == "" && strings.Contains(res.Reason, "xref") && !opt.json() {
				_, _ = fmt.Fprintln(c.OutOrStdout(), "the cross-reference tables were empty: --xref FILE.csv gives preview what erpbridge xref export writes")
			}
			if code != exitOK {
				return &codedError{code, nil}
			}
			return nil
		},
	}
	c.Flags().StringVar(&store, "store", "", "the configured store the message comes from")
	c.Flags().StringVar(&topic, "topic", "", "the storefront's topic, such as orders/create")
	c.Flags().StringVar(&target, "target", "", "only the documents of this target")
	c.Flags().StringVar(&out, "out", "", "write the documents into this folder")
	c.Flags().StringVar(&xref, "xref", "", "the cross-reference tables, a CSV file")
	return c
}

// previewReferences reads the tables of --xref. They are what a daemon would have in its
// database, so table names that no ERP asks are taken as they are.
func previewReferences(name string) (erpbridge.CrossReferences, error) {
	if name == "" {
		return nil, nil
	}
	data, err := readBody(name, nil)
	if err != nil {
		return nil, err
	}
	sheet, err := readReferences(data, "", true)
	if err != nil {
		return nil, &codedError{exitUsage, fmt.Errorf("%s: %w", name, err)}
	}
	tables := erpbridge.CrossReferences{}
	for _, r := range sheet.entries {
		if tables[r.Table] == nil {
			tables[r.Table] = make(map[string]string)
		}
		tables[r.Table][r.Key] = r.Value
	}
	return tables, nil
}

func readBody(name string, stdin io.Reader) ([]byte, error) {
	r := stdin
	if name != "-" {
		f, err := os.Open(name) // #nosec G304 -- the operator's own file
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		r = f
	}
	body, err := io.ReadAll(io.LimitReader(r, mostPreview+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(body) > mostPreview {
		return nil, fmt.Errorf("%s is larger than %d MiB", name, mostPreview>>20)
	}
	return body, nil
}

// preview names what a decision means, and its exit code.
func preview(d erpbridge.Decision, target string) (previewed, int) {
	res := previewed{Documents: []previewDocument{}}
	if d.Cause != nil {
		res.Reason = d.Cause.Error()
	}
	switch d.Verdict {
	case erpbridge.Accept:
		res.Status = "documents"
		for _, doc := range d.Documents {
			if target == "" || doc.Target == target {
				res.Documents = append(res.Documents, previewDocument{Target: doc.Target, Kind: doc.Kind, Key: doc.Key})
			}
		}
		if len(res.Documents) == 0 {
			res.Status, res.Reason = "ignored", fmt.Sprintf("the routes send it elsewhere than to %s", target)
			return res, exitIgnored
		}
		return res, exitOK
	case erpbridge.Hold:
		res.Status = "held"
		return res, exitHeld
	case erpbridge.Ignore:
		res.Status = "ignored"
		return res, exitIgnored
	case erpbridge.Defer:
		res.Status = "deferred"
		res.Reason = "the message only points to what changed, which the daemon fetches from the shop: preview the fetched document instead"
		return res, exitHeld
	default:
		res.Status = "invalid"
		return res, exitInvalid
	}
}

// writeDocuments writes the documents into folder out. File names are made of
// numbers, targets and kinds alone: an order's content never names a file.
func writeDocuments(res *previewed, d erpbridge.Decision, target, out string) error {
	if out == "" || len(res.Documents) == 0 {
		return nil
	}
	if err := os.MkdirAll(out, 0o750); err != nil {
		return err
	}
	i := 0
	for _, doc := range d.Documents {
		if target != "" && doc.Target != target {
			continue
		}
		name := filepath.Join(out, fmt.Sprintf("%02d-%s-%s.xml", i+1, doc.Target, doc.Kind))
		if err := os.WriteFile(name, doc.Body, 0o600); err != nil {
			return err
		}
		res.Documents[i].File = name
		i++
	}
	return nil
}

func showPreview(w io.Writer, opt *options, res previewed, d erpbridge.Decision, target, out string) error {
	if opt.json() {
		return printJSON(w, res)
	}
	if res.Reason != "" {
		if _, err := fmt.Fprintf(w, "%s: %s\n", res.Status, res.Reason); err != nil {
			return err
		}
	}
	i := 0
	for _, doc := range d.Documents {
		if target != "" && doc.Target != target {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s %s %s %s\n", doc.Target, doc.Kind, doc.Key, res.Documents[i].File); err != nil {
			return err
		}
		if out == "" {
			if _, err := fmt.Fprintf(w, "%s\n", doc.Body); err != nil {
				return err
			}
		}
		i++
	}
	return nil
}
