#include <mote/functions/error.hpp>
#include <mote/functions/sealing.hpp>

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>
#include <string>

namespace mote::functions {
namespace {

std::string all_bytes() {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
}

/// What opening says; empty when it succeeds.
boost::system::error_code refused_seal(const sealing_key& key, const std::string& sealed, const std::string& place) {
    try {
        key.open(sealed, place);
    } catch (const boost::system::system_error& refused) {
        EXPECT_EQ(std::string(refused.what()).find("secret-word"), std::string::npos) << refused.what();
        return refused.code();
    }
    return {};
}

TEST(sealing, gives_back_exactly_the_bytes_that_were_sealed) {
    const auto key = sealing_key::generate();
    for (const auto& plain : {std::string(), std::string("a"), all_bytes(), std::string(512 * 1024, '\0'),
                              std::string(1024 * 1024 + 1, 'x')}) {
        const auto sealed = key.public_key().seal(plain, "ns.name");
        EXPECT_EQ(sealed.size(), plain.size() + sealing_public_key::overhead);
        EXPECT_TRUE(key.open(sealed, "ns.name") == plain) << plain.size();
    }
}

TEST(sealing, shows_nothing_of_what_it_sealed_and_seals_it_otherwise_each_time) {
    const auto key = sealing_key::generate();
    const auto first = key.public_key().seal("secret-word", "ns.name");
    const auto second = key.public_key().seal("secret-word", "ns.name");
    EXPECT_EQ(first.find("secret-word"), std::string::npos);
    EXPECT_NE(first.substr(1, 32), second.substr(1, 32));
    EXPECT_NE(first.substr(33), second.substr(33));
}

TEST(sealing, opens_with_its_own_key_only) {
    const auto key = sealing_key::generate();
    const auto other = sealing_key::generate();
    EXPECT_NE(key.public_key(), other.public_key());
    const auto sealed = key.public_key().seal("secret-word", "ns.name");
    EXPECT_EQ(refused_seal(other, sealed, "ns.name"), errc::bad_seal);
    EXPECT_EQ(refused_seal(key, sealed, "ns.name"), boost::system::error_code());
}

TEST(sealing, opens_in_its_own_place_only) {
    const auto key = sealing_key::generate();
    const auto sealed = key.public_key().seal("secret-word", "ns.name");
    for (const auto* place : {"", "ns.nam", "ns.name2", "ns2.name", "NS.name"})
        EXPECT_EQ(refused_seal(key, sealed, place), errc::bad_seal) << place;
    EXPECT_EQ(refused_seal(key, key.public_key().seal("secret-word", ""), ""), boost::system::error_code());
}

TEST(sealing, sees_every_flipped_bit_in_every_part) {
    const auto key = sealing_key::generate();
    const auto sealed = key.public_key().seal("secret-word", "ns.name");
    ASSERT_EQ(sealed.size(), 1 + 32 + 11 + 16U);
    for (std::size_t at = 0; at < sealed.size(); ++at)
        for (int bit = 0; bit < 8; ++bit) {
            auto changed = sealed;
            changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
            EXPECT_EQ(refused_seal(key, changed, "ns.name"), errc::bad_seal) << "byte " << at << ", bit " << bit;
        }
}

TEST(sealing, sees_what_is_missing_and_what_is_too_much) {
    const auto key = sealing_key::generate();
    const auto sealed = key.public_key().seal("secret-word", "ns.name");
    for (std::size_t size = 0; size < sealed.size(); ++size)
        EXPECT_EQ(refused_seal(key, sealed.substr(0, size), "ns.name"), errc::bad_seal) << size;
    EXPECT_EQ(refused_seal(key, sealed + '\0', "ns.name"), errc::bad_seal);
    EXPECT_EQ(refused_seal(key, std::string(100, '\1'), "ns.name"), errc::bad_seal);
    std::string agrees_on_zero(101, '\0');
    agrees_on_zero[0] = '\1';
    EXPECT_EQ(refused_seal(key, agrees_on_zero, "ns.name"), errc::bad_seal);
}

TEST(sealing_public_key, is_read_from_its_text) {
    const auto key = sealing_key::generate().public_key();
    EXPECT_EQ(key.text().size(), 7 + 64U);
    EXPECT_EQ(key.text().substr(0, 7), "x25519:");
    EXPECT_EQ(sealing_public_key::parse(key.text()), key);
}

TEST(sealing_public_key, is_not_read_from_other_text) {
    const auto text = sealing_key::generate().public_key().text();
    for (const auto& wrong :
         {std::string(), text.substr(1), text.substr(0, 70), text + "0", text + "\n", "X" + text.substr(1),
          text.substr(0, 70) + "g", text.substr(0, 70) + '\0', text.substr(0, 69) + ":0"}) {
        try {
            sealing_public_key::parse(wrong);
            ADD_FAILURE() << wrong << " was taken";
        } catch (const boost::system::system_error& refused) {
            EXPECT_EQ(refused.code(), errc::bad_key) << wrong;
        }
    }
}

TEST(sealing_public_key, that_agrees_on_zero_with_everybody_is_refused) {
    const auto zero = sealing_public_key::parse("x25519:" + std::string(64, '0'));
    EXPECT_THROW(zero.seal("secret-word", "ns.name"), boost::system::system_error);
}

TEST(wipe, leaves_nothing_in_the_string) {
    std::string text(100, 'x');
    text.resize(50);
    const char* const bytes = text.data();
    wipe(text);
    EXPECT_TRUE(text.empty());
    ASSERT_EQ(text.data(), bytes);
    for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(bytes[i], '\0') << i;
}

}  // namespace
}  // namespace mote::functions
