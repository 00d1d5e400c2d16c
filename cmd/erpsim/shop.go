package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/cmd/erpsim/shopsim"
)

// shopOptions are the flags of shop.
type shopOptions struct {
	simulator
	journal string
	orders  int
	every   time.Duration
	shop    shopsim.Config
}

func shopCommand() *cobra.Command {
	var o shopOptions
	cmd := &cobra.Command{
		Use:   "shop",
		Short: "Run a simulated shop until SIGTERM or SIGINT",
		Long: `Run a simulated shop until SIGTERM or SIGINT: its API, its webhooks, its bad days.

    erpsim shop --platform shopify --webhooks http://127.0.0.1:8080/webhooks/shop --secret s3cret \
        --token shpat_1 --orders 40 --every 500ms --lose 0.2 --double 0.05

When it listens, its addresses are printed as one line of JSON and written to the
ready file: api_url, control_url and, of adobecommerce, public_key.

The token is what the API demands: an access token of shopify, adobecommerce and
bigcommerce, consumer key and secret with a colon between them of woocommerce. The
secret signs webhooks; adobecommerce signs with a key that the shop makes and serves.

It is steered by its control address, from this machine only:

    curl      $CONTROL/orders           what the shop holds; amounts are in cents, yen, fils
    curl      $CONTROL/journal          what happened, an entry a line
    curl      $CONTROL/subscriptions    where it sends what
    curl -d '{"lose":0.5}' $CONTROL/faults
    curl -d '' $CONTROL/place?n=5
    curl -d '' $CONTROL/change?id=7     and refund, and cancel
    curl -d '' $CONTROL/drop            removes the subscriptions

What a platform does about an address that does not answer, it does here: shopify
deletes a subscription after 8 failures in a row, woocommerce disables a webhook after
more than 5 and never repeats one, bigcommerce rests a host that fails too often,
adobecommerce tries for a day. With --pace 1ms a second of those schedules lasts a
millisecond.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.serve(cmd.Context(), cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.StringVar(&o.shop.Platform, "platform", "shopify", "adobecommerce, bigcommerce, shopify or woocommerce")
	o.flags(f, "address of the API and of the control interface")
	f.StringVar(&o.journal, "journal", "", "file the journal is added to, an entry a line")
	f.StringVar(&o.shop.Webhooks, "webhooks", "", "address that webhooks are sent to from the start; empty: nowhere, until subscribed by the API")
	f.StringToStringVar(&o.shop.Reach, "reach", nil, "where a public address leads, as https://bridge.example.com=http://127.0.0.1:8080")
	f.StringSliceVar(&o.shop.Topics, "topic", nil, "topic sent there; none: all about orders and refunds")
	f.StringToStringVar(&o.shop.Headers, "header", nil, "header sent with each of them, as X-Token=abc, by bigcommerce")
	f.StringVar(&o.shop.Secret, "secret", "", "secret that signs webhooks")
	f.StringVar(&o.shop.Token, "token", "", "what the API demands; empty: nothing")
	f.StringVar(&o.shop.Name, "name", "", "domain of a shopify shop, address of a woocommerce site, store hash of bigcommerce, client id of adobecommerce")
	f.StringSliceVar(&o.shop.Currencies, "currency", nil, "currencies of orders, in turn (default USD,EUR,JPY,KWD)")
	f.IntVar(&o.orders, "orders", 0, "how many orders are placed; after each of them an earlier one is changed, paid back or cancelled")
	f.DurationVar(&o.every, "every", time.Second, "time between two orders")
	f.Uint64Var(&o.shop.Seed, "seed", 1, "seed of all dice")
	f.DurationVar(&o.shop.Pace, "pace", time.Second, "how long a second of the platform's own schedules lasts")
	f.IntVar(&o.shop.PageSize, "page-size", 0, "most orders in a page, whatever is asked for")
	f.BoolVar(&o.shop.SameSecond, "same-second", false, "let two states of an order share a second")

	f.Float64Var(&o.shop.Faults.Lose, "lose", 0, "how likely a webhook is lost")
	f.Float64Var(&o.shop.Faults.Double, "double", 0, "how likely it is sent twice")
	f.Float64Var(&o.shop.Faults.Shuffle, "shuffle", 0, "how likely it comes after later ones")
	f.Float64Var(&o.shop.Faults.Late, "late", 0, "how likely it comes --late-by later")
	f.DurationVar(&o.shop.Faults.LateBy, "late-by", 10*time.Second, "how much later, at the platform's pace")
	f.Float64Var(&o.shop.Faults.Throttle, "throttle", 0, "how likely a request is one too many")
	f.Float64Var(&o.shop.Faults.Fail, "fail", 0, "how likely it is answered with 500, 502 or 503")
	f.Float64Var(&o.shop.Faults.Cut, "cut", 0, "how likely its answer ends in the middle")
	f.Float64Var(&o.shop.Faults.Slow, "slow", 0, "how likely its answer takes --slow-by longer")
	f.DurationVar(&o.shop.Faults.SlowBy, "slow-by", time.Second, "how much longer")
	f.Float64Var(&o.shop.Faults.Move, "move", 0, "how likely an order changes just before a list is answered")
	return cmd
}

// shopReady is what shop prints when it listens.
type shopReady struct {
	APIURL     string `json:"api_url"`
	ControlURL string `json:"control_url"`
	PublicKey  string `json:"public_key,omitempty"`
}

func (o *shopOptions) serve(ctx context.Context, stdout io.Writer) (err error) {
	journal, err := openJournal(o.journal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	o.shop.Journal = journal
	shop, err := shopsim.New(o.shop)
	if err != nil {
		return err
	}
	o.handler = controlled(shop.Handler(), shop.Control())
	o.printed = func(base string) any {
		return shopReady{APIURL: base, ControlURL: base + "/control", PublicKey: shop.PublicKey()}
	}
	o.work = append(o.work, shop.Run, func(ctx context.Context) error { return shop.Trade(ctx, o.orders, o.every) })
	return o.run(ctx, stdout)
}
