#pragma once

#include <mote/gateway/credentials.hpp>
#include <mote/http/message.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::gateway {

namespace detail {
class failure_table;
struct digests;
}  // namespace detail

/// What a path is about, as far as who may ask it matters.
enum class area {
    open,       ///< `/healthz`: everybody
    system,     ///< `/system`, `/ui`, `/metrics` and all below the first two: only with credentials
    functions,  ///< everything else: functions, services and routes
};

/// Of a path that is not decoded. One that only is of `system` when escapes, empty segments or dots are resolved is of
/// `system`, too: nobody who reads paths in another way than we do can be led past the credentials.
area area_of(std::string_view path);

struct authorization_options {
    bool functions = false;         ///< ask for credentials there, too
    std::size_t max_failures = 30;  ///< wrong credentials a peer and minute; past it: 429. Zero: no limit
    std::size_t max_peers = 4096;   ///< of which failures are counted at a time
    std::chrono::nanoseconds recheck{std::chrono::seconds(1)};  ///< how often, at most, the files are read again
    /// Told once when files that could be read before no longer can, which leaves the old credentials in force.
    std::function<void(std::string_view)> on_failure{};
};

/// How somebody said who he is.
enum class scheme { none, basic, bearer };

/// `basic`, `bearer`; empty for none.
std::string_view name_of(scheme how) noexcept;

/// What an authorizer says of one request.
struct verdict {
    bool allowed = false;
    std::string who{};          ///< user, or the token's name; empty for nobody, and for one that is not known
    scheme how = scheme::none;  ///< what was tried
    std::chrono::seconds retry_after{0};  ///< not zero: too many failures; the credentials were not looked at

    explicit operator bool() const noexcept { return allowed; }
};

/// Lets those in who have the credentials of a directory; they may change at any time without a restart: a request with
/// credentials makes it read the files again, at most every `recheck`. A `bearer-tokens` file that is removed revokes its
/// tokens; when one of the others is removed or wrong, the last good ones stay in force.
///
/// Secrets are kept and compared as SHA-256 only, all of them each time and in constant time, so that neither length nor
/// content can be measured.
///
/// Against guessing: a peer that failed `max_failures` times within a minute is refused without a look at its credentials,
/// also at right ones, until that minute ends. Who comes without credentials has not failed. IPv6 peers are told apart by
/// their first 64 bits, of which one subscriber has all. When `max_peers` are counted, the one that began first is
/// forgotten. Behind a proxy all are one peer: let the proxy limit, and set `max_failures` to zero.
///
/// On one thread only.
class authorizer {
public:
    using clock = std::chrono::steady_clock;

    /// Throws as `read_credentials`.
    explicit authorizer(std::filesystem::path directory, authorization_options opts = authorization_options());
    authorizer(const authorizer&) = delete;
    authorizer& operator=(const authorizer&) = delete;
    ~authorizer();

    /// `headers` of the request, `peer` the address that `http::exchange::peer` gives.
    verdict authorize(std::string_view path, std::span<const http::header_view> headers, std::string_view peer,
                      clock::time_point now = clock::now());

    /// Peers whose failures are counted now.
    std::size_t counted_peers() const noexcept;

private:
    void read(clock::time_point now);
    void reread(clock::time_point now);
    std::optional<std::string> user_of(std::string_view encoded) const;
    std::optional<std::string> token_owner(std::string_view token) const;

    std::filesystem::path directory_;
    authorization_options opts_;
    std::vector<std::string> token_names_;
    std::unique_ptr<detail::digests> digests_;
    std::unique_ptr<detail::failure_table> failures_;
    clock::time_point read_at_;
    bool told_ = false;  // that the files cannot be read
};

/// The answer for a verdict that does not allow: 401 with `WWW-Authenticate: Basic realm="Restricted"` and the body
/// `invalid credentials`, or 429 with `Retry-After`.
http::response refusal(const verdict& of);

}  // namespace mote::gateway
