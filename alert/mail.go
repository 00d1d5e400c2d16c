package alert

import (
	_ "embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"
	"time"
)

var (
	//go:embed digest.txt.tmpl
	textSource string
	//go:embed digest.html.tmpl
	htmlSource string

	formats = map[string]any{"time": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }}

	textTemplate = template.Must(template.New("text").Funcs(formats).Parse(textSource))
	htmlTemplate = htmltemplate.Must(htmltemplate.New("html").Funcs(formats).Parse(htmlSource))
)

// page is what the templates show.
type page struct {
	Title  string
	Causes []*cause
	// More is how many causes are not shown.
	More int
	// Single says that there is one alert in all.
	Single bool
	// Dead says that there are dead letters.
	Dead bool
	// Reasons is the reason shown for the cause of each alert, so that an alert
	// whose own reason says the same does not repeat it.
	Reasons map[int64]string
}

// mail renders the digest.
func (d *digest) mail(prefix string, now time.Time) (Mail, error) {
	m := Mail{ID: d.id(), Date: now, Subject: clean(prefix+" "+d.subject(), 4*maxName)}
	p := page{Title: m.Subject, Single: len(d.ids) == 1, Dead: len(d.orders) > 0, Reasons: make(map[int64]string)}
	p.Causes, p.More = d.shown()
	for _, c := range p.Causes {
		for _, a := range c.First {
			p.Reasons[a.ID] = c.Reason
		}
	}
	var text, html strings.Builder
	if err := textTemplate.Execute(&text, p); err != nil {
		return Mail{}, fmt.Errorf("rendering a digest as text: %w", err)
	}
	if err := htmlTemplate.Execute(&html, p); err != nil {
		return Mail{}, fmt.Errorf("rendering a digest as HTML: %w", err)
	}
	m.Text, m.HTML = text.String(), html.String()
	return m, nil
}
