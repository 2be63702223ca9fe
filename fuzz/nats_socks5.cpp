#include <fuzz/target.hpp>

#include <mote/nats/detail/socks5.hpp>
#include <mote/nats/error.hpp>

#include <algorithm>
#include <string>
#include <string_view>

/// The input is what the proxy says; its first byte says how large the pieces are in which that comes.
namespace mote::fuzz {
namespace {

/// What became of it: what was sent, how much was read, and why it was refused.
struct conversation {
    std::string sent;
    std::size_t read = 0;
    std::string refusal;
    bool operator==(const conversation&) const = default;
};

conversation converse(std::string_view input, std::size_t piece) {
    constexpr std::string_view secret = "s3cr3t";
    conversation seen;
    nats::detail::socks5_handshake handshake("host", 4222, {"me", std::string(secret)});
    seen.sent = handshake.take_output();
    try {
        while (handshake.wanted() != 0 && !input.empty()) {
            require(handshake.wanted() <= 257, "it wants more than an answer can have");
            const auto part = input.substr(0, std::min(piece, handshake.wanted()));
            input.remove_prefix(part.size());
            handshake.feed(part);
            seen.read += part.size();
            seen.sent += handshake.take_output();
        }
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == nats::errc::proxy_failed, "refused for another reason");
        seen.refusal = refused.what();
        seen.read = 0;  // the piece tells how soon it was seen
        require(seen.refusal.find(secret) == std::string::npos, "a secret is shown");
    }
    return seen;
}

}  // namespace

int nats_socks5(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto input = text_of(data, size).substr(1);
    const auto whole = converse(input, input.size());
    const auto pieces = converse(input, 1U + data[0] % 8U);
    require(whole == pieces, "the pieces change what is understood");
    return 0;
}

}  // namespace mote::fuzz
