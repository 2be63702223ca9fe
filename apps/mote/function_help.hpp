#pragma once

namespace mote::command {

// What `--help` of the commands about functions says below the options.

inline constexpr const char* gateway_client_notes =
    R"(The login comes from files, never from the command line: --credentials, else on this machine the place where `mote up`
keeps it.
Exit codes: 3 no gateway there, 4 it refused the login, 5 not found, 7 it, or the function, answered with an error.)";

// What the shortest commands say, before those notes.
inline constexpr const char* functions_notes =
    R"(Examples:
  mote functions
  mote functions --json
)";
inline constexpr const char* remove_notes =
    R"(Example:
  mote remove shout
)";
inline constexpr const char* scale_notes =
    R"(Examples:
  mote scale shout 4
  mote scale shout 0
)";
inline constexpr const char* namespace_notes =
    R"(Functions and secrets of other namespaces than openfaas-fn are asked for with --namespace, or as NAME.NAMESPACE.
Examples:
  mote namespace create other
  mote deploy shout --image functions/alpine --fprocess 'tr a-z A-Z' -n other && mote invoke shout.other hello
)";
inline constexpr const char* logs_notes =
    R"(Examples:
  mote logs shout
  mote logs shout --follow
  mote logs shout --since 5m --tail 100
)";
inline constexpr const char* call_notes =
    R"(Examples:
  mote call $(mote invoke shout hello --async)
  mote call 3f0c --cancel
)";

inline constexpr const char* deploy_notes =
    R"(A function that is there already is updated. `functions/alpine` runs a command of the node's machine; for your own files
push a bundle, or name a stack file, whose `handler` is a directory that is pushed under the name of `image` first.
Of faas-cli's stack files: provider.gateway and, of a function, image, handler, skip_build, fprocess, environment,
environment_file, secrets, labels, annotations, limits, requests, constraints, readonly_root_filesystem, namespace;
lang and what is about building is passed over. ${NAME} and ${NAME:-default} are variables.
Standard output gets the address of each function.
Examples:
  mote deploy shout --image functions/alpine --fprocess 'tr a-z A-Z'
  mote bundle push hello ./hello && mote deploy hello --image hello
  mote deploy -f stack.yml --watch)";

inline constexpr const char* invoke_notes =
    R"(Standard output gets the body of the answer, with an end of line where it has none. Exit code 5: no such function; 6: no
answer in time (408, 504); 7: it answered with another status of 400 or more; 1: the answer broke off.
Examples:
  mote invoke shout hello
  cat picture.png | mote invoke resize -H Content-Type:image/png --query width=200 > small.png
  mote call $(mote invoke shout hello --async))";

inline constexpr const char* secret_notes =
    R"(The value comes from --from-file or standard input, and cannot be read again but by functions that name it. A function gets
a new value when it is deployed again.
Examples:
  mote secret create api-key --from-file key.txt
  pass show api-key | mote secret update api-key)";

inline constexpr const char* bundle_notes =
    R"(A bundle is a directory with what a function runs; `function.env` in it says how (fprocess=./handler, mode=http, ...).
Example:
  mote bundle push hello ./hello
)";

inline constexpr const char* node_notes =
    R"(Runs functions that `mote deploy` or faas-cli deploy, also those of its last start. Each machine may have one, or several with
directories of their own. All nodes of a server share one key: copy the file sealing.key from the first one's directory.
The first signal lets calls end, for up to 30 seconds; a second one ends at once. Standard output gets its id alone.
Example:
  mote node --server nats://10.0.0.1:4222
)";

}  // namespace mote::command
