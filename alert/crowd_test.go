package alert

import (
	"fmt"
	"strings"
	"testing"
)

// A target that is paused is more than one order among many: however many causes a mail
// has, it is named and shown, with what to do about it.
func TestAMailOfManyCausesNamesPausedTargets(t *testing.T) {
	for _, n := range []int{shownCauses, maxCauses} {
		t.Run(fmt.Sprint(n, " causes before"), func(t *testing.T) {
			d := &digest{}
			for i := range int64(n) {
				d.add(dead(i, strings.Repeat(string(rune('a'+i%26))+string(rune('a'+i/26)), 3)))
			}
			for i, target := range []string{"netsuite", "sap"} {
				a := refused
				a.ID, a.Target = int64(1000+i), target
				d.add(a)
			}
			m, err := d.mail("[erpbridge]", noon)
			if err != nil {
				t.Fatal(err)
			}
			if want := "netsuite, sap refused access"; !strings.Contains(m.Subject, want) {
				t.Errorf("subject %q, want %q in it", m.Subject, want)
			}
			for _, body := range []string{m.Text, m.HTML} {
				for _, want := range []string{"netsuite refused access", "sap refused access", "erpbridge target resume netsuite", "erpbridge target resume sap"} {
					if !strings.Contains(body, want) {
						t.Errorf("the mail lacks %q", want)
					}
				}
			}
			if want := fmt.Sprintf("%d further causes are not shown", n+2-shownCauses); !strings.Contains(m.Text, want) {
				t.Errorf("the mail lacks %q", want)
			}
		})
	}
}
