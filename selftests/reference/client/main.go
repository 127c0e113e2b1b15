// Command reference is an ordinary Go client, as the agent's daemons are: net/http with its default
// transport, the trust store of the host, proxies from the environment. What it answers is what
// the suite's verdicts are compared with. It uses Go's standard library and nothing else.
//
//	reference ask [flags] URL...        which URLs a Go client reaches, a JSON line for each
//	reference proxy URL...              what http.ProxyFromEnvironment says of each
//	reference url TEXT...               what url.Parse says of each
//	reference hello [flags] [ADDRESS]   the ClientHello of this Go version, and what answers it
//	reference verify [flags] CHAIN.pem  what crypto/x509 says of a chain
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
)

func main() {
	modes := map[string]func([]string) error{
		"ask":     ask,
		"proxy":   proxies,
		"url":     urls,
		"hello":   hello,
		"verify":  verify,
		"version": func([]string) error { return show(map[string]string{"version": runtime.Version()}) },
	}
	if len(os.Args) < 2 || modes[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: reference ask|proxy|url|hello|verify|version ...")
		os.Exit(2)
	}
	if err := modes[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// show prints what as one line of JSON.
func show(what any) error {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(what)
}
