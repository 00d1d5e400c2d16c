package aif

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// ReadFolder is one run of the file system adapter: it takes each file whose name ends in
// .xml, processes its messages one by one, puts a response file for each into out, and
// deletes what it took. What it cannot read it leaves to an administrator, as .bad.
func (c *Company) ReadFolder(in, out string) error {
	entries, err := os.ReadDir(in)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !strings.HasSuffix(e.Name(), ".xml") {
			continue
		}
		if c.leaves() {
			continue
		}
		at := filepath.Join(in, e.Name())
		body, err := os.ReadFile(at) // #nosec G304 -- the simulator's own folder
		if err != nil {
			return err
		}
		if err := c.file(body, out); err != nil {
			if err := os.Rename(at, at+".bad"); err != nil {
				return err
			}
			continue
		}
		if err := os.Remove(at); err != nil {
			return err
		}
	}
	return nil
}

// leaves reports whether a file is left for the next run.
func (c *Company) leaves() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dice.First(mishap.Chance{Name: stuck, P: c.conf.Faults.Stuck}) != ""
}

func (c *Company) file(body []byte, out string) error {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(body); err != nil {
		c.Object("a file that is no XML: %v", err)
		return err
	}
	envelopes := []*etree.Element{doc.Root()}
	if doc.Root().Tag == "Batch" {
		envelopes = doc.Root().SelectElements("Envelope")
	}
	for _, env := range envelopes {
		if err := c.message(env, out); err != nil {
			return err
		}
	}
	return nil
}

func (c *Company) message(env *etree.Element, out string) error {
	c.mu.Lock()
	n := c.Arrive()
	id, order := text(env, "Header/MessageId"), env.FindElement("Body/MessageParts/SalesOrder")
	c.attempted(id, order)
	ids, p := c.create(id, order)
	c.mu.Unlock()

	answer := etree.NewElement("Envelope")
	answer.CreateAttr("xmlns", "http://schemas.microsoft.com/dynamics/2011/01/documents/Message")
	header := answer.CreateElement("Header")
	header.CreateElement("MessageId").CreateText(fmt.Sprintf("{00000000-0000-4000-8000-%012d}", n))
	header.CreateElement("Action").CreateText(text(env, "Header/Action"))
	header.CreateElement("RequestMessageId").CreateText(id)
	parts := answer.CreateElement("Body").CreateElement("MessageParts")
	if p.said == "" {
		list := etree.NewDocument()
		if err := list.ReadFromString(keyList(ids)); err != nil {
			return err
		}
		parts.AddChild(list.Root())
	} else {
		f := parts.CreateElement("Fault")
		f.CreateAttr("xmlns", "http://schemas.microsoft.com/dynamics/2008/01/documents/Fault")
		f.CreateElement("Code").CreateText(p.code)
		f.CreateElement("Reason").CreateElement("Text").CreateText(p.said)
	}
	name := filepath.Join(out, fmt.Sprintf("response-%06d.xml", n))
	if err := os.WriteFile(name+".tmp", []byte(serialized(answer)), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".tmp", name)
}
