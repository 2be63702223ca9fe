#include <mote/nats/detail/socks5.hpp>

#include <mote/nats/error.hpp>
#include <tests/nats/live.hpp>

#include <gtest/gtest.h>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>

namespace mote::nats::detail {
namespace {

using test::contains;

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) text += static_cast<char>(value);
    return text;
}

const socks5_login nobody;
const socks5_login me{"me", "s3cr3t"};

const std::string request_for_name = bytes({5, 1, 0, 3, 4}) + "host" + bytes({0x10, 0x7e});
const std::string connected_from_ipv4 = bytes({5, 0, 0, 1, 127, 0, 0, 1, 0x04, 0x38});

/// Gives it all of `input`, never more than it wants. Returns all that it sent.
std::string converse(socks5_handshake& handshake, std::string_view input) {
    std::string sent = handshake.take_output();
    while (handshake.wanted() != 0 && !input.empty()) {
        const auto part = input.substr(0, handshake.wanted());
        input.remove_prefix(part.size());
        handshake.feed(part);
        sent += handshake.take_output();
    }
    EXPECT_EQ(input, "") << "more than it wanted";
    return sent;
}

test::failure refusal(const socks5_login& login, std::string_view input) {
    socks5_handshake handshake("host", 4222, login);
    return test::failure_at_once([&] { converse(handshake, input); });
}

TEST(socks5, asks_for_a_name_and_leaves_the_look_up_to_the_proxy) {
    socks5_handshake handshake("host", 4222, nobody);
    EXPECT_EQ(handshake.take_output(), bytes({5, 1, 0}));
    EXPECT_EQ(handshake.take_output(), "") << "once";
    EXPECT_EQ(handshake.wanted(), 2u);
    handshake.feed(bytes({5, 0}));
    EXPECT_EQ(handshake.take_output(), request_for_name);
    handshake.feed(connected_from_ipv4);
    EXPECT_EQ(handshake.wanted(), 0u);
    EXPECT_EQ(handshake.take_output(), "");
}

TEST(socks5, asks_for_addresses_as_such) {
    socks5_handshake four("10.1.2.3", 1, nobody);
    EXPECT_EQ(converse(four, bytes({5, 0})), bytes({5, 1, 0}) + bytes({5, 1, 0, 1, 10, 1, 2, 3, 0, 1}));
    socks5_handshake six("::1", 65535, nobody);
    EXPECT_EQ(converse(six, bytes({5, 0})),
              bytes({5, 1, 0}) + bytes({5, 1, 0, 4}) + std::string(15, '\0') + bytes({1, 255, 255}));
}

TEST(socks5, logs_in_when_the_proxy_wants_it) {
    socks5_handshake handshake("host", 4222, me);
    EXPECT_EQ(converse(handshake, bytes({5, 2, 1, 0}) + connected_from_ipv4),
              bytes({5, 2, 0, 2}) + bytes({1, 2}) + "me" + bytes({6}) + "s3cr3t" + request_for_name);
    EXPECT_EQ(handshake.wanted(), 0u);
    socks5_handshake not_wanted("host", 4222, me);
    EXPECT_EQ(converse(not_wanted, bytes({5, 0}) + connected_from_ipv4), bytes({5, 2, 0, 2}) + request_for_name);
}

TEST(socks5, takes_whatever_address_the_proxy_uses_and_not_a_byte_more) {
    for (const auto& answer :
         {connected_from_ipv4, bytes({5, 0, 0, 4}) + std::string(18, 'x'), bytes({5, 0, 0, 3, 0, 1, 2}),
          bytes({5, 0, 0, 3, 255}) + std::string(257, 'x'), bytes({5, 0, 0, 3, 1, 'x', 1, 2})}) {
        socks5_handshake handshake("host", 4222, nobody);
        converse(handshake, bytes({5, 0}) + answer);
        EXPECT_EQ(handshake.wanted(), 0u) << answer.size();
        handshake.feed("INFO");  // of the server
        EXPECT_EQ(handshake.take_output(), "");
    }
}

TEST(socks5, understands_answers_in_any_split) {
    std::mt19937 random(7);
    for (const auto& tail : {connected_from_ipv4, bytes({5, 0, 0, 3, 9}) + "localhost" + bytes({1, 2}),
                             bytes({5, 0, 0, 4}) + std::string(18, 'x')}) {
        const auto input = bytes({5, 2, 1, 0}) + tail;
        for (int round = 0; round < 200; ++round) {
            socks5_handshake handshake("host", 4222, me);
            std::string sent = handshake.take_output();
            for (std::string_view rest = input; !rest.empty();) {
                ASSERT_LE(handshake.wanted(), rest.size());
                const auto most = std::min(handshake.wanted(), rest.size());
                const auto count = std::uniform_int_distribution<std::size_t>(1, most)(random);
                handshake.feed(rest.substr(0, count));
                rest.remove_prefix(count);
                sent += handshake.take_output();
            }
            EXPECT_EQ(handshake.wanted(), 0u);
            EXPECT_TRUE(sent.ends_with(request_for_name));
        }
    }
}

TEST(socks5, says_what_the_proxy_says) {
    const char* const reasons[] = {"general failure",       "not allowed by its rules",   "network unreachable",
                                   "host unreachable",      "connection refused",         "TTL expired",
                                   "command not supported", "address type not supported", "reply 9"};
    int code = 0;
    for (const auto* const reason : reasons) {
        ++code;
        // All of it, or only what shows it.
        for (const auto& tail : {bytes({5, code}), bytes({5, code, 0, 1, 0, 0, 0, 0, 0, 0})}) {
            const auto seen = refusal(nobody, bytes({5, 0}) + tail);
            EXPECT_EQ(seen.code, errc::proxy_failed);
            EXPECT_TRUE(contains(seen.text, std::string("the proxy says: ") + reason)) << seen.text;
        }
    }
    EXPECT_TRUE(contains(refusal(nobody, bytes({5, 0, 5, 255})).text, "reply 255"));
}

TEST(socks5, says_what_is_wrong_with_the_login_and_not_the_login) {
    struct example {
        const socks5_login& login;
        std::string input;
        const char* expected;
    };
    const example examples[] = {{nobody, bytes({5, 255}), "the proxy wants a login"},
                                {nobody, bytes({5, 2}), "the proxy wants a login"},
                                {me, bytes({5, 255}), "the proxy takes no password"},
                                {me, bytes({5, 2, 1, 1}), "the proxy refuses the login"},
                                {me, bytes({5, 2, 1, 255}), "the proxy refuses the login"}};
    for (const auto& each : examples) {
        const auto seen = refusal(each.login, each.input);
        EXPECT_EQ(seen.code, errc::proxy_failed);
        EXPECT_TRUE(contains(seen.text, each.expected)) << seen.text;
        EXPECT_FALSE(contains(seen.text, "s3cr3t")) << seen.text;
    }
}

TEST(socks5, refuses_what_is_another_protocol) {
    for (const auto& input : {std::string("HT"), std::string("\0\x5a", 2), bytes({4, 0}), bytes({5, 1}), bytes({5, 3}),
                              bytes({5, 0, 4, 0}), bytes({5, 0, 5, 0, 0, 2}), bytes({5, 0, 5, 0, 0, 0})}) {
        const auto seen = refusal(nobody, input);
        EXPECT_EQ(seen.code, errc::proxy_failed);
        EXPECT_TRUE(contains(seen.text, "does not speak SOCKS5")) << seen.text;
    }
    EXPECT_TRUE(contains(refusal(me, bytes({5, 2, 5, 0})).text, "does not speak SOCKS5")) << "version 1 of the login";
}

TEST(socks5, survives_noise) {
    std::mt19937 random(11);
    std::uniform_int_distribution<int> any(0, 255);
    int connected = 0;
    for (int round = 0; round < 20000; ++round) {
        socks5_handshake handshake("host", 4222, me);
        try {
            for (int i = 0; i < 400 && handshake.wanted() != 0; ++i) {
                // Mostly what goes on, so that all steps are reached.
                const int likely[] = {5, 5, 0, 0, 1, 2, any(random)};
                handshake.feed(bytes({likely[static_cast<std::size_t>(any(random)) % 7]}));
                EXPECT_LE(handshake.wanted(), 257u);
            }
            connected += handshake.wanted() == 0 ? 1 : 0;
        } catch (const boost::system::system_error& failed) {
            EXPECT_EQ(failed.code(), errc::proxy_failed);
        }
    }
    EXPECT_GT(connected, 0);
}

TEST(socks5, refuses_a_name_that_is_too_long) {
    EXPECT_FALSE(test::failure_at_once([] { socks5_handshake(std::string(255, 'a'), 1, nobody); }).code);
    EXPECT_EQ(test::failure_at_once([] { socks5_handshake(std::string(256, 'a'), 1, nobody); }).code,
              errc::proxy_failed);
}

}  // namespace
}  // namespace mote::nats::detail
