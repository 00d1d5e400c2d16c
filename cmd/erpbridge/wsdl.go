package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/wsdl/check"
)

func newWSDL(opt *options) *cobra.Command {
	c := &cobra.Command{
		Use: "wsdl", Short: "Hold an ERP's own service contract against what the bridge sends",
		Long: `An ERP's services differ from version to version and from customer to customer.
Their WSDL says what an installation takes; wsdl check says where that does not fit.`,
	}
	c.AddCommand(newWSDLCheck(opt))
	return c
}

// A wsdlCheck is the command line of wsdl check.
type wsdlCheck struct{ target, document, url, file string }

func newWSDLCheck(opt *options) *cobra.Command {
	var w wsdlCheck
	c := &cobra.Command{
		Use: "check --target TARGET (--url URL | FILE)", Short: "List what an ERP's WSDL lacks of what the bridge needs", Args: usage(cobra.MaximumNArgs(1)),
		Long: `Check reads the WSDL of a target's ERP, with the schemas it imports, and lists the
operations, elements, types and values that the bridge sends or reads and the WSDL
lacks or has otherwise, and what it demands that the bridge never sends. No document
is sent anywhere.

A FILE may import files that lie beside it or below its folder. A URL is read without
a login, and so is what it imports from the same server; where the server wants a
login, save the WSDL with a browser and check the file. Exit code 1 if something does
not fit, or the WSDL cannot be read.`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				w.file = args[0]
			}
			return w.run(c.Context(), c.OutOrStdout(), opt)
		},
	}
	c.Flags().StringVar(&w.target, "target", "", "the target, as it is named in the configuration")
	c.Flags().StringVar(&w.url, "url", "", "where the WSDL is")
	c.Flags().StringVar(&w.document, "document", "", "which service, where a target has several, such as order")
	return c
}

// wsdlPatience is how long all documents of a WSDL may take to read.
const wsdlPatience = 3 * time.Minute

func (w *wsdlCheck) run(ctx context.Context, out io.Writer, opt *options) error {
	if (w.url == "") == (w.file == "") {
		return &codedError{exitUsage, errors.New("say where the WSDL is: a file, or --url")}
	}
	conf, err := opt.load()
	if err != nil {
		return err
	}
	target, err := w.find(conf)
	if err != nil {
		return &codedError{exitUsage, err}
	}
	need, err := w.choose(target)
	if err != nil {
		return &codedError{exitUsage, err}
	}
	ctx, cancel := context.WithTimeout(ctx, wsdlPatience)
	defer cancel()
	theirs, err := w.load(ctx)
	if err != nil {
		return fmt.Errorf("reading the WSDL: %s", printableLines(err.Error()))
	}
	wsdl := need.wsdl
	if need.adapt != nil {
		wsdl = need.adapt(wsdl, theirs)
	}
	ours, err := check.Parse(wsdl)
	if err != nil {
		return err
	}
	return w.show(out, opt, target, ours, check.Compare(ours, theirs, check.Options{AnyOrder: need.anyOrder}))
}

func (w *wsdlCheck) find(conf *config.Config) (config.Target, error) {
	var names []string
	for _, t := range conf.Targets {
		if t.Name == w.target {
			return t, nil
		}
		names = append(names, t.Name)
	}
	if w.target == "" {
		return config.Target{}, fmt.Errorf("say which target with --target; configured: %s", strings.Join(names, ", "))
	}
	return config.Target{}, fmt.Errorf("there is no target %q; configured: %s", w.target, strings.Join(names, ", "))
}

// choose returns the contract of a target that is to be checked.
func (w *wsdlCheck) choose(t config.Target) (contract, error) {
	all := contracts[t.Kind]
	if len(all) == 0 {
		return contract{}, fmt.Errorf("a target of kind %s has no WSDL; those with one are of kind %s", t.Kind, strings.Join(slices.Sorted(maps.Keys(contracts)), ", "))
	}
	if len(all) == 1 && (w.document == "" || w.document == all[0].document) {
		return all[0], nil
	}
	var names []string
	for _, c := range all {
		if c.document != "" && c.document == w.document {
			return c, nil
		}
		names = append(names, c.document)
	}
	if len(all) == 1 {
		return contract{}, fmt.Errorf("a target of kind %s has one service only: leave --document out", t.Kind)
	}
	return contract{}, fmt.Errorf("a target of kind %s has several services: say with --document which one's WSDL this is: %s", t.Kind, strings.Join(names, ", "))
}

func (w *wsdlCheck) load(ctx context.Context) (_ *check.Contract, err error) {
	if w.url != "" {
		web, err := check.NewWeb(w.url)
		if err != nil {
			return nil, fmt.Errorf("--url: %w", err)
		}
		defer web.Close()
		return check.Load(ctx, web, w.url)
	}
	root, err := os.OpenRoot(filepath.Dir(w.file))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	return check.Load(ctx, check.Files{Root: root}, filepath.Base(w.file))
}

// A wsdlFinding is one difference, with what to do about it.
type wsdlFinding struct {
	check.Difference
	Text   string `json:"text"`
	Advice string `json:"advice"`
}

func (w *wsdlCheck) show(out io.Writer, opt *options, t config.Target, ours *check.Contract, found []check.Difference) error {
	list := make([]wsdlFinding, len(found))
	for i, d := range found {
		list[i] = wsdlFinding{d, printable(d.String()), advice[d.Kind]}
	}
	var err error
	if opt.json() {
		err = printJSON(out, map[string]any{
			"ok": len(list) == 0, "target": t.Name, "kind": t.Kind, "operations": ours.Operations(), "differences": list,
		})
	} else {
		err = showWSDL(out, t, ours, list)
	}
	if err == nil && len(list) > 0 {
		err = &codedError{exitFailed, nil}
	}
	return err
}

func showWSDL(out io.Writer, t config.Target, ours *check.Contract, list []wsdlFinding) error {
	if len(list) == 0 {
		_, err := fmt.Fprintf(out, "ok     target %s: the WSDL has all that is needed of %s\n", t.Name, strings.Join(ours.Operations(), ", "))
		return err
	}
	for i, f := range list {
		if _, err := fmt.Fprintf(out, "WRONG  %s\n", f.Text); err != nil {
			return err
		}
		// Neighbours of one kind mostly have one cause.
		if i+1 < len(list) && list[i+1].Kind == f.Kind {
			continue
		}
		if _, err := fmt.Fprintf(out, "       to do: %s\n", f.Advice); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "target %s: differences: %d\n", t.Name, len(list))
	return err
}

// advice is what to do about a difference.
var advice = map[check.Kind]string{
	check.Operation: "see that this is the WSDL of the right service and version, and that its user may call all of it",
	check.Action:    "see that this is the WSDL of the right service and version",
	check.Binding:   "offer the service in the version of SOAP that is called, or set the target to the other one where it can",
	check.Message:   "see that this is the WSDL of the right service and version",
	check.Element:   "show the field in the service; what is sent in it is dropped or refused otherwise, and what is read from it is missing. If it is not needed, set the target so that it is not used",
	check.Namespace: "see that this is the WSDL of the right service and version; its messages are refused otherwise",
	check.Type:      "ask whoever changed the service to change it back; values may be refused otherwise",
	check.Occurs:    "see whether the target's documents ever have as many, or as few, as the service takes",
	check.Order:     "ask whoever changed the service to change it back; its messages are refused otherwise",
	check.Value:     "see that the target's settings do not use the value",
	check.Length:    "shorten the field in the target's setting lengths",
	check.Attribute: "see that this is the WSDL of the right service and version",
	check.Mandatory: "make it optional in the ERP, or give it a value there; requests are refused otherwise",
}

// printableLines is printable for a text of several lines, such as joined errors.
func printableLines(text string) string {
	parts := strings.Split(text, "\n")
	for i := range parts {
		parts[i] = printable(parts[i])
	}
	return strings.Join(parts, "\n")
}
