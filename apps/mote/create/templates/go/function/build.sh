# Builds the program into function/, which is what is deployed. Nothing of the machine has to be there to run it.
set -e
CGO_ENABLED=0 go build -trimpath -ldflags=-s -o function/@NAME@ .
