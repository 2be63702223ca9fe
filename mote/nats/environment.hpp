#pragma once

#include <mote/nats/options.hpp>

#include <chrono>
#include <string>

namespace mote::nats {

/// What a command line may say about the server; everything else comes from the environment and the NATS context.
struct environment_overrides {
    std::string server{};                     ///< --server: one address or several divided by commas
    std::string user{}, password{}, token{};  ///< --user, --password, --token; a user without a password is a token
    std::string creds{};                      ///< --creds: a credentials file
    std::string nkey{};                       ///< --nkey: a file with the seed of a user
    std::string user_jwt{}, user_seed{};      ///< --jwt, --seed: themselves; a JWT without a seed is a bearer token
    std::string tls_certificate{}, tls_key{}, tls_ca{};  ///< --tlscert, --tlskey, --tlsca: PEM files
    bool tls_first = false;                              ///< --tlsfirst: TLS before the server says a word
    std::string socks_proxy{};                           ///< --socks-proxy: as `options::proxy`
    std::string context{};                               ///< --context: a name, or a path that ends in .json
    bool no_context = false;                             ///< --no-context: use no context, not even a named one
    std::string inbox_prefix{};                          ///< --inbox-prefix
    std::string jetstream_domain{};                      ///< --js-domain
    std::string jetstream_api_prefix{};                  ///< --js-api-prefix
    std::string connection_name{};                       ///< --connection-name
    std::chrono::nanoseconds timeout{0};                 ///< --timeout; 0: not said
};

/// The options that the `nats` command would use here: overrides, else `NATS_*` variables, else the values of the context
/// (named, by `NATS_CONTEXT`, or selected), else the defaults. Each part of a login comes from the first of these three
/// that says it; of all that is said then, user goes before credentials file, NKey and JWT; a token is sent beside it.
///
/// Credentials may be `file://PATH`, `env://NAME` or `data:;base64,...` instead. Password and token are read here, all others
/// when the connection is made, and again for each reconnect.
///
/// The time-out, else `NATS_TIMEOUT`, is `options::request_timeout`, which JetStream's API has as well; where JetStream is, is
/// `options::jetstream`.
///
/// Throws `errc::bad_context` for a context that does not exist or cannot be read, and for a `NATS_TIMEOUT` that is 0 or no
/// duration, `errc::not_supported` naming the field or variable for what this version cannot use (nsc, 1Password). A proxy is
/// checked when the connection is made.
options options_from_environment(const environment_overrides& overrides = {});

/// Who said the address in those options, for people: `--server`, `NATS_URL`, `context /path/of/it.json`; empty: nobody, it is the
/// default. Throws as they do.
std::string origin_of_address(const environment_overrides& overrides = {});

/// Where JetStream is: the overrides if they say anything of it, else the context; of a domain and a prefix that are said in one
/// place the domain, as the `nats` command has it. Part of `options_from_environment`. Throws `errc::bad_context`.
jetstream_location jetstream_from_environment(const environment_overrides& overrides = {});

/// `NATS_TIMEOUT` (a Go duration such as `5s`), else 5 s. Throws `errc::bad_context` for text that is none, and for 0.
std::chrono::nanoseconds timeout_from_environment();

}  // namespace mote::nats
