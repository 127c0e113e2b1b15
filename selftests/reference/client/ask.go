package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"
)

// maxBody is how much of an answer is read, in bytes.
const maxBody = 1 << 20

// answer is what one URL came to.
type answer struct {
	URL     string  `json:"url"`
	Reached bool    `json:"reached"`          // an HTTP response came, whatever its status
	Status  int     `json:"status,omitempty"` // of that response
	Proto   string  `json:"proto,omitempty"`  // HTTP/1.1, HTTP/2.0
	TLS     string  `json:"tls,omitempty"`
	Cipher  string  `json:"cipher,omitempty"`
	Group   string  `json:"group,omitempty"` // of the key exchange
	ALPN    string  `json:"alpn,omitempty"`
	Address string  `json:"address,omitempty"` // of the peer, or of the proxy
	Seconds float64 `json:"seconds"`

	Proxy   string   `json:"proxy,omitempty"`   // the proxy that was chosen, without credentials
	Connect int      `json:"connect,omitempty"` // the proxy's answer to CONNECT
	Offered []string `json:"offered,omitempty"` // its Proxy-Authenticate headers

	Stage string `json:"stage,omitempty"` // where it failed: proxy-url, resolve, connect, proxy, tls, certificate, http
	Fault string `json:"fault,omitempty"` // how, in one word, or alert-N, status-N
	Error string `json:"error,omitempty"` // in Go's own words

	Names     []string `json:"names,omitempty"`      // with -json: the names in the body
	JSONError string   `json:"json_error,omitempty"` // with -json: why they could not be read

	// Where the certificate alone was refused: what a client that does not verify would get.
	Unverified *answer `json:"unverified,omitempty"`
}

// client is how URLs are asked for.
type client struct {
	timeout time.Duration
	proxy   string
	older   bool
	json    bool
	strict  bool
}

func ask(arguments []string) error {
	flags := flag.NewFlagSet("ask", flag.ContinueOnError)
	var its client
	flags.DurationVar(&its.timeout, "timeout", 30*time.Second, "limit of one request")
	flags.StringVar(&its.proxy, "proxy", "", "proxy of the agent's own settings, in place of the environment's; - is none")
	flags.BoolVar(&its.older, "older", false, "offer what Go 1.21 offered: RSA key exchange, 3DES, no post-quantum groups")
	flags.BoolVar(&its.json, "json", false, "read the body as a JSON list of names")
	flags.BoolVar(&its.strict, "strict", false, "do not ask again where the certificate is refused")
	atOnce := flags.Int("at-once", 100, "requests at the same time")
	pause := flags.Duration("pause", 0, "between requests")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	answers := make([]answer, flags.NArg())
	slots := make(chan struct{}, *atOnce)
	var running sync.WaitGroup
	for i, one := range flags.Args() {
		slots <- struct{}{}
		if i > 0 {
			time.Sleep(*pause)
		}
		running.Go(func() {
			answers[i] = its.get(one)
			<-slots
		})
	}
	running.Wait()
	for _, one := range answers {
		if err := show(one); err != nil {
			return err
		}
	}
	return nil
}

// get asks for a URL, and once more without verifying where the certificate alone was refused.
func (its client) get(target string) answer {
	found := its.once(target, true)
	if found.Stage == "certificate" && !its.strict {
		again := its.once(target, false)
		found.Unverified = &again
	}
	return found
}

func (its client) once(target string, verified bool) (found answer) {
	began := time.Now()
	found.URL = target
	defer func() { found.Seconds = float64(time.Since(began).Milliseconds()) / 1000 }()

	transport, err := its.transport(verified, &found)
	if err != nil {
		found.Stage, found.Fault, found.Error = "proxy-url", "malformed", err.Error()
		return found
	}
	way := &trace{stage: "request"}
	ctx := httptrace.WithClientTrace(context.Background(), way.hooks())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		found.Stage, found.Fault, found.Error = "request", "malformed", err.Error()
		return found
	}
	ours := http.Client{
		Transport:     transport,
		Timeout:       its.timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := ours.Do(request)
	found.Address = way.last()
	if err != nil {
		found.Stage, found.Fault = way.failed(err, &found)
		found.Error = err.Error()
		return found
	}
	defer response.Body.Close()
	found.Reached, found.Status, found.Proto = true, response.StatusCode, response.Proto
	if state := response.TLS; state != nil {
		found.TLS = tls.VersionName(state.Version)
		found.Cipher = tls.CipherSuiteName(state.CipherSuite)
		found.Group = state.CurveID.String()
		found.ALPN = state.NegotiatedProtocol
	}
	if its.json {
		found.Names, found.JSONError = namesIn(response.Body)
	}
	return found
}

// transport is Go's default one, but with connections of its own, and notes of what a proxy says.
func (its client) transport(verified bool, found *answer) (*http.Transport, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: !verified}
	if its.older {
		asOlderGo(transport.TLSClientConfig)
	}
	choose := transport.Proxy
	switch its.proxy {
	case "":
	case "-":
		choose = nil
	default:
		fixed, err := url.Parse(its.proxy)
		if err != nil {
			return nil, err
		}
		choose = http.ProxyURL(fixed)
	}
	if choose != nil {
		transport.Proxy = func(request *http.Request) (*url.URL, error) {
			chosen, err := choose(request)
			if chosen != nil {
				found.Proxy = chosen.Scheme + "://" + chosen.Host
			}
			return chosen, err
		}
	}
	transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, said *http.Response) error {
		found.Connect = said.StatusCode
		found.Offered = said.Header.Values("Proxy-Authenticate")
		return nil
	}
	return transport, nil
}

// asOlderGo makes a client offer what Go 1.21 offered: cipher suites with RSA key exchange and
// 3DES (off by default since Go 1.22 and 1.23), and no post-quantum groups (on since Go 1.24).
// The settings of GODEBUG for the former are gone since Go 1.27.
func asOlderGo(config *tls.Config) {
	config.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if !strings.Contains(suite.Name, "RC4") && !strings.HasSuffix(suite.Name, "CBC_SHA256") {
			config.CipherSuites = append(config.CipherSuites, suite.ID)
		}
	}
}

func namesIn(body io.Reader) ([]string, string) {
	text, err := io.ReadAll(io.LimitReader(body, maxBody))
	if err != nil {
		return nil, err.Error()
	}
	var names []string
	if err := json.Unmarshal(text, &names); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Sprintf("%v (at byte %d)", err, syntax.Offset)
		}
		return nil, err.Error()
	}
	return names, ""
}
