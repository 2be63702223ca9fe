module proxygo

go 1.26.8
