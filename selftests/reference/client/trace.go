package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"reflect"
	"strings"
	"sync"
	"syscall"
)

// trace follows a request, so that a failure can be told by the stage in which it came.
type trace struct {
	lock    sync.Mutex
	stage   string
	address string
}

func (way *trace) enter(stage string) {
	way.lock.Lock()
	defer way.lock.Unlock()
	way.stage = stage
}

func (way *trace) connected(address string) {
	way.lock.Lock()
	defer way.lock.Unlock()
	way.address = address
}

func (way *trace) last() string {
	way.lock.Lock()
	defer way.lock.Unlock()
	return way.address
}

func (way *trace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(string) { way.enter("proxy-url") },
		DNSStart:     func(httptrace.DNSStartInfo) { way.enter("resolve") },
		ConnectStart: func(string, string) { way.enter("connect") },
		ConnectDone: func(_, address string, err error) {
			if err == nil {
				way.enter("proxy") // it is left at once where there is none
				way.connected(address)
			}
		},
		TLSHandshakeStart: func() { way.enter("tls") },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err == nil {
				way.enter("http")
			}
		},
		GotConn: func(its httptrace.GotConnInfo) {
			way.enter("http")
			way.connected(its.Conn.RemoteAddr().String())
		},
	}
}

// failed tells the stage and the fault of an error.
func (way *trace) failed(err error, found *answer) (stage, fault string) {
	way.lock.Lock()
	stage = way.stage
	way.lock.Unlock()

	var refused *tls.CertificateVerificationError
	if errors.As(err, &refused) {
		return "certificate", certificateFault(refused.Err)
	}
	if found.Connect != 0 && found.Connect != 200 {
		return "proxy", fmt.Sprintf("status-%d", found.Connect)
	}
	var operation *net.OpError
	if errors.As(err, &operation) && operation.Op == "proxyconnect" {
		return "proxy", faultOf(err)
	}
	return stage, faultOf(err)
}

func faultOf(err error) string {
	var missing *net.DNSError
	var operation *net.OpError
	var record tls.RecordHeaderError
	var number syscall.Errno
	switch {
	case errors.As(err, &missing) && missing.IsNotFound:
		return "not-found"
	case errors.As(err, &operation) && operation.Op == "remote error":
		// the type of alerts is crypto/tls's own
		if alert := reflect.ValueOf(operation.Err); alert.Kind() == reflect.Uint8 {
			return fmt.Sprintf("alert-%d", alert.Uint())
		}
		return "alert"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "not-tls"
	case isTimeout(err):
		return "timeout"
	case errors.As(err, &number):
		return errno(number)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed"
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "malformed"
	case strings.Contains(err.Error(), "failed to parse certificate"):
		return "unparsable-certificate"
	}
	return "failed"
}

func isTimeout(err error) bool {
	var timed interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &timed) && timed.Timeout()
}

func errno(number syscall.Errno) string {
	switch number {
	case syscall.ECONNREFUSED:
		return "refused"
	case syscall.ECONNRESET, syscall.EPIPE:
		return "reset"
	case syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EACCES, syscall.EPERM:
		return "unreachable"
	}
	return "failed"
}

func certificateFault(err error) string {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var weak x509.InsecureAlgorithmError
	var critical x509.UnhandledCriticalExtension
	switch {
	case errors.As(err, &critical):
		return "critical-extension"
	case errors.As(err, &weak):
		return "weak-signature"
	case errors.As(err, &authority):
		// the reason for which the issuer was passed over stands in the text alone
		if strings.Contains(err.Error(), "insecure algorithm") {
			return "weak-signature"
		}
		return "unknown-authority"
	case errors.As(err, &name):
		return "name"
	case errors.As(err, &invalid):
		reasons := map[x509.InvalidReason]string{
			x509.NotAuthorizedToSign:        "not-a-ca",
			x509.Expired:                    "dates",
			x509.CANotAuthorizedForThisName: "ca-names",
			x509.TooManyIntermediates:       "path-length",
			x509.IncompatibleUsage:          "purpose",
			x509.NameMismatch:               "issuer-name",
		}
		if reason := reasons[invalid.Reason]; reason != "" {
			return reason
		}
		return fmt.Sprintf("invalid-%d", invalid.Reason)
	}
	return "failed"
}
