package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"
)

// proxies prints what Go's own reading of the environment says of each URL. The environment is
// read once in a process: ask a fresh one for another.
func proxies(targets []string) error {
	for _, target := range targets {
		found := map[string]any{"url": target}
		request, err := http.NewRequest(http.MethodGet, target, nil)
		if err != nil {
			return err
		}
		chosen, err := http.ProxyFromEnvironment(request)
		switch {
		case err != nil:
			found["error"] = err.Error()
		case chosen != nil:
			found["proxy"] = parts(chosen)
		}
		if err := show(found); err != nil {
			return err
		}
	}
	return nil
}

// urls prints what url.Parse makes of each text.
func urls(texts []string) error {
	for _, text := range texts {
		found := map[string]any{"text": text}
		if parsed, err := url.Parse(text); err != nil {
			found["error"] = err.Error()
		} else {
			found["parsed"] = parts(parsed)
		}
		if err := show(found); err != nil {
			return err
		}
	}
	return nil
}

// parts takes a URL apart as a client of a proxy does.
func parts(of *url.URL) map[string]string {
	found := map[string]string{"scheme": of.Scheme, "host": of.Hostname(), "port": of.Port(), "path": of.Path, "opaque": of.Opaque}
	if of.User != nil {
		found["user"] = of.User.Username()
		if password, given := of.User.Password(); given {
			found["password"] = password
		}
	}
	for name, value := range found {
		if value == "" && name != "user" && name != "password" {
			delete(found, name)
		}
	}
	return found
}

// verify prints what crypto/x509 says of a chain, its leaf first.
func verify(arguments []string) error {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	rootFile := flags.String("roots", "", "trusted certificates, PEM; the host's trust store by default")
	name := flags.String("name", "", "the host name that the leaf has to be for")
	at := flags.String("time", "", "when, in RFC 3339; now by default")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	chain, err := certificates(flags.Arg(0))
	if err != nil {
		return err
	}
	options := x509.VerifyOptions{DNSName: *name, Intermediates: x509.NewCertPool()}
	for _, one := range chain[1:] {
		options.Intermediates.AddCert(one)
	}
	if *rootFile != "" {
		roots, err := certificates(*rootFile)
		if err != nil {
			return err
		}
		options.Roots = x509.NewCertPool()
		for _, one := range roots {
			options.Roots.AddCert(one)
		}
	}
	if *at != "" {
		if options.CurrentTime, err = time.Parse(time.RFC3339, *at); err != nil {
			return err
		}
	}
	found := map[string]any{}
	built, err := chain[0].Verify(options)
	if err != nil {
		found["type"], found["fault"], found["error"] = fmt.Sprintf("%T", err), certificateFault(err), err.Error()
	}
	paths := [][]string{}
	for _, path := range built {
		subjects := []string{}
		for _, one := range path {
			subjects = append(subjects, one.Subject.String())
		}
		paths = append(paths, subjects)
	}
	found["verified"], found["paths"] = err == nil, paths
	return show(found)
}

func certificates(file string) ([]*x509.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var found []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		one, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	if len(found) == 0 {
		return nil, errors.New(file + ": no certificates")
	}
	return found, nil
}
