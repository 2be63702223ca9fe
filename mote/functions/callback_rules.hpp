#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mote::functions {

namespace detail {
struct callback_rule;
}

/// Which addresses the results of asynchronous calls may be sent to. The gateway that takes a call has them; they go along
/// with the call, and the node that sends the result looks at the address that it is about to connect to.
///
/// | word | what it allows |
/// | --- | --- |
/// | `*` | every address that is not special |
/// | `10.1.0.0/16`, `fd00::/8`, `10.1.2.3`, `10.1.2.3:8080`, `[fd00::1]:8080` | these addresses, at all ports or at one |
/// | `hooks.example.org`, `hooks.example.org:8443` | the host of that name in the URL, whatever its address is |
///
/// Special are loopback (127.0.0.0/8, ::1), link-local (169.254.0.0/16 and fe80::/10, where clouds have their metadata), the
/// metadata addresses elsewhere, "this" network, multicast and reserved ranges: a network allows them only where it lies
/// within such a range itself, so `127.0.0.1` and `127.0.0.0/8` do, and `0.0.0.0/0` does not. An IPv4 address that is written
/// into an IPv6 one (mapped, NAT64, 6to4) counts as what it is.
///
/// A value; any thread.
class callback_rules {
public:
    /// `*`
    callback_rules();
    /// `*`, and loopback: for a gateway that only its own machine reaches.
    static callback_rules with_loopback();
    /// Words with blanks between them, at most 100 and 4,000 characters; none at all: nothing is allowed. Throws
    /// `errc::bad_setting` with the word.
    static callback_rules parse(std::string_view words);
    std::string text() const { return text_; }

    /// Whether a connection may be made. `host`: of the URL; `address`: what it is, as numbers.
    bool allow(std::string_view host, std::string_view address, std::uint16_t port) const;
    /// Throws `errc::bad_callback` when the URL alone says that nothing will be allowed; it is one that `check_callback_url`
    /// lets pass.
    void check(std::string_view url) const;

private:
    callback_rules(std::string_view words, std::vector<detail::callback_rule> rules);

    std::string text_;
    std::shared_ptr<const std::vector<detail::callback_rule>> rules_;
};

}  // namespace mote::functions
