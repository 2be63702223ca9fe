#pragma once

namespace mote::command {

// What `--help` of the command and its subcommands says below the options.

inline constexpr const char* about = "NATS micro services and functions: start them, look at them, ask them.";

inline constexpr const char* program_notes =
    R"(Examples:
  mote demo                             # a server, a service, functions and the gateway, until Ctrl-C
  mote ls                               # which services there are
  mote req HackerNews top 3             # ask an endpoint by its name
  mote deploy shout --image functions/alpine --fprocess 'tr a-z A-Z' && mote invoke shout hello
  mote doctor                           # what is missing on this machine
Exit codes: 0 ok, 1 other error, 2 wrong use, 3 cannot connect, 4 not allowed, 5 not found or no responders,
6 timeout, 7 the service answered with an error, 130 interrupted.
The server: -s, else NATS_URL, else the NATS context (--context, NATS_CONTEXT, or the selected one), else 127.0.0.1:4222.
Other variables: NATS_USER, NATS_PASSWORD, NATS_TOKEN, NATS_CREDS, NATS_NKEY, NATS_JWT, NATS_SEED, NATS_CERT, NATS_KEY, NATS_CA,
NATS_TLSFIRST, NATS_SOCKS_PROXY, NATS_INBOX_PREFIX, NATS_TIMEOUT, OPENFAAS_URL, NO_COLOR.)";

inline constexpr const char* server_notes =
    "`mote --help` has the options of the server: -s, --context, --timeout and others.";

// What the shortest commands say, before the notes on the server.
inline constexpr const char* ls_notes =
    R"(Examples:
  mote ls
  mote ls Orders --json
  mote ls --context staging
)";
inline constexpr const char* info_notes =
    R"(Examples:
  mote info Orders
  mote info Orders --json | jq '.[0].endpoints'
)";
inline constexpr const char* stats_notes =
    R"(Examples:
  mote stats Orders
  mote stats Orders --json
)";
inline constexpr const char* up_notes =
    R"(Examples:
  mote up
  mote up --port 4333 --http-port 8090 --dir /var/tmp/mote
  mote up --no-functions
All of it listens on 127.0.0.1 only, and is not for production. It ends with this command, also when that is killed; the
next start on the same directory has all functions again. Functions run in a sandbox where bubblewrap is installed. The
gateway's login is in the directory `credentials` beside the data. The NATS server needs none unless --nats-login says so; yours
is then DIR/nats-login/nats.creds (`mote --creds FILE ...`, `nats --creds FILE ...`), functions of mode micro get logins for their own
subjects, and others none. A directory that began with it keeps it.
Standard output gets the addresses alone: of the server, and of the gateway.
Exit codes: 0 ended by Ctrl-C or SIGTERM once it served, 130 before that, 1 it could not be started, or ended by itself.)";

inline constexpr const char* demo_notes =
    R"(Examples:
  mote demo
  mote demo --once --top 3
Starts all as `mote up` does, with --once only the server, and in it the service HackerNews, which fetches the front page of Hacker News;
prints the most voted stories of the last 24 hours. Standard output gets the list alone.
Exit codes: as `mote up`; 3 when the Hacker News API cannot be reached.)";

inline constexpr const char* metrics_notes =
    R"(The text exposition format of Prometheus, version 0.0.4, once, or with --listen for
each GET /metrics. What other frameworks' services do not tell is left out. GET /healthz says whether NATS is there.
Examples:
  mote metrics
  mote metrics --listen 127.0.0.1:9464
)";

inline constexpr const char* openapi_notes =
    R"(OpenAPI 3.1 as JSON on standard output: each endpoint as POST /service/SERVICE/ENDPOINT, and the routes that services
name (`http.route`), with the schemas of typed endpoints. Of several instances the newest version counts. What a service
says of itself and cannot be used is left out, and told on standard error.
Exit code 5: no such service.
Examples:
  mote openapi > services.json
  mote openapi Orders --base-url https://api.example.org
)";

inline constexpr const char* dead_notes =
    R"(A dead letter is a message of a work endpoint that no try could do. `retry` publishes it where it was published first,
and removes the letter when a stream has it; `drop` throws it away. SEQ is its number in `mote dead ls`.
Exit code 5: a letter is not there (the others were dealt with); 1: one could not be published, and stays.
Examples:
  mote dead ls Orders
  mote dead retry 17 18
  mote dead retry --all Orders print
  mote dead drop --all --yes)";

inline constexpr const char* gateway_notes =
    R"(Asks an endpoint by the route that its metadata names (`http.route`: GET /hn/top/{n}) or as POST /service/SERVICE/ENDPOINT,
and a function as /function/NAME; /system is OpenFaaS's management API, for faas-cli and `mote deploy`. GET /services and
GET /openapi.json tell what there is, /healthz whether NATS is. Of services only what asks for it by its metadata can be
asked, and what --expose names. /system asks for the login of the directory --credentials; others only with
--auth-functions.
Examples:
  mote gateway
  mote gateway --listen 0.0.0.0:443 --tls-certificate chain.pem --tls-key key.pem --auth-functions
  mote gateway --listen 0.0.0.0:8080 --system-listen 127.0.0.1:8081
  curl -d 3 http://127.0.0.1:8080/service/HackerNews/top
)";

}  // namespace mote::command
