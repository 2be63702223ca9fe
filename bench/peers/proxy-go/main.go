// The peers of bench/gateway.sh: `proxy-go echo PORT` answers with the body it got, `proxy-go proxy PORT TARGET` is a reverse
// proxy of Go's standard library in front of another port. Two proxies before the echo do what OpenFaaS's gateway and provider do
// at best: they look at nothing and count nothing.
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
)

func main() {
	var handler http.Handler
	switch {
	case len(os.Args) == 3 && os.Args[1] == "echo":
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			w.Write(body)
		})
	case len(os.Args) == 4 && os.Args[1] == "proxy":
		proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "127.0.0.1:" + os.Args[3]})
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConns = 1024
		transport.MaxIdleConnsPerHost = 1024
		proxy.Transport = transport
		handler = proxy
	default:
		fmt.Fprintln(os.Stderr, "usage: proxy-go echo PORT | proxy-go proxy PORT TARGET-PORT")
		os.Exit(2)
	}
	fmt.Fprintln(os.Stderr, http.ListenAndServe("127.0.0.1:"+os.Args[2], handler))
	os.Exit(1)
}
