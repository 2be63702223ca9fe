#pragma once

#include <mote/micro/middleware.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::micro {

/// Lets only requests through whose header `name` is there exactly once with a value that `accepts`; the others are
/// answered 401 `unauthorized`, whatever was wrong. Compare secrets with `same_secret`. Throws std::invalid_argument for an
/// empty function.
middleware require_header(std::string name, std::function<bool(std::string_view value)> accepts);

/// Lets only requests through that carry one of `tokens`, compared in constant time: as `Authorization: Bearer <token>`,
/// or bare in a header of another name. The others are answered 401 `unauthorized`. Several tokens let you change them
/// without a stop. Throws std::invalid_argument for no token or an empty one.
middleware require_token(std::vector<std::string> tokens, std::string header = "Authorization");

/// Whether both are the same, in a time that tells no more than the length of `given`.
bool same_secret(std::string_view given, std::string_view expected) noexcept;

/// Who asks, as the server says it in `Nats-Request-Info`.
struct requester {
    std::string account{};      ///< its name, or its public key where the server runs with an operator
    std::string user{};         ///< only where the import has `share: true`: name or public key; empty else
    std::string client_name{};  ///< the same
};

/// Who asks, where the server vouches for it: nothing else than a request that came from another account through a
/// service import. Nobody then.
///
/// The header alone proves nothing: on a subject of its own account a client can send whatever it likes. So this
/// also looks at the reply subject, which the server replaces at an import by one that no client may use (`_R_.`), and
/// takes no request that names the header twice, as servers before 2.11.15 and 2.12.6 took away only the first forged
/// one (CVE-2026-33223). What it relies on: the server, and whoever is connected to it as a leaf node or in its cluster.
/// A request without a reply subject, and one that came over a gateway, has no such subject and so no requester.
std::optional<requester> requester_of(const request& req);

/// Lets only requests through whose `requester_of` is one that `accepts`; the others are answered 403 `forbidden`. Throws
/// std::invalid_argument for an empty function.
middleware require_requester(std::function<bool(const requester&)> accepts);
/// The same for one of these accounts. Throws std::invalid_argument for none.
middleware require_account(std::vector<std::string> accounts);

}  // namespace mote::micro
