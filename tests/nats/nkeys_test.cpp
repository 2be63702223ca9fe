#include <mote/nats/nkeys.hpp>

#include <mote/nats/detail/base_encoding.hpp>
#include <mote/nats/detail/crc16.hpp>
#include <mote/nats/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace mote::nats {
namespace {

constexpr nkey_kind all_kinds[] = {nkey_kind::account, nkey_kind::cluster, nkey_kind::nats_operator, nkey_kind::server,
                                   nkey_kind::user};

std::string from_hex(std::string_view digits) {
    const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::string bytes;
    for (std::size_t at = 0; at + 1 < digits.size(); at += 2)
        bytes += static_cast<char>(value(digits[at]) << 4 | value(digits[at + 1]));
    return bytes;
}

std::string with_checksum(std::string bytes) {
    const auto sum = detail::crc16(bytes);
    bytes += static_cast<char>(sum & 0xff);
    bytes += static_cast<char>(sum >> 8);
    return bytes;
}

/// The seed of a user with this private key.
std::string user_seed(std::string_view key) {
    return detail::encode_base32(with_checksum(std::string("\x95\x00", 2) + std::string(key)));
}

std::string user_key(std::string_view key) { return detail::encode_base32(with_checksum("\xa0" + std::string(key))); }

std::string bytes_of(const nkey_signature& signature) { return {signature.begin(), signature.end()}; }

/// Why a seed is refused; fails when it is not, or when the text shows it.
std::string refusal(const std::string& seed) {
    try {
        nkey_pair::from_seed(seed);
    } catch (const boost::system::system_error& failed) {
        EXPECT_EQ(failed.code(), errc::bad_credentials);
        const std::string text = failed.what();
        if (seed.size() > 3) {
            EXPECT_EQ(text.find(seed.substr(2)), std::string::npos) << text;
        }
        return text;
    }
    ADD_FAILURE() << "taken";
    return {};
}

TEST(nkeys, sign_as_rfc_8032_says) {
    struct vector {
        std::string key, public_key, text, signature;
    };
    const vector vectors[] = {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                               "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                               "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e397"
                               "01cf9b46bd25bf5f0595bbe24"
                               "655141438e7a100b"},
                              {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                               "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                               "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f361"
                               "3d0f11d8c387b2eaeb4302aee"
                               "b00d291612bb0c00"},
                              {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                               "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                               "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76"
                               "0984dc6594a7c15e9716ed28d"
                               "c027beceea1ec40a"}};
    for (const auto& each : vectors) {
        const auto key = nkey_pair::from_seed(user_seed(from_hex(each.key)));
        EXPECT_EQ(key.public_key(), user_key(from_hex(each.public_key)));
        const auto signature = key.sign(from_hex(each.text));
        EXPECT_EQ(bytes_of(signature), from_hex(each.signature));
        EXPECT_TRUE(verify_nkey_signature(key.public_key(), from_hex(each.text), signature));
        EXPECT_FALSE(verify_nkey_signature(key.public_key(), from_hex(each.text) + "x", signature));
    }
}

TEST(nkeys, are_those_of_the_other_clients) {
    // The pair that NATS's documentation of NKeys shows.
    const auto key = nkey_pair::from_seed("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY");
    EXPECT_EQ(key.public_key(), "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4");
    EXPECT_EQ(key.kind(), nkey_kind::user);
}

TEST(nkeys, are_read_again_as_they_were_written) {
    std::set<std::string> seen;
    for (const auto kind : all_kinds) {
        const auto made = nkey_pair::generate(kind);
        const auto again = nkey_pair::from_seed(made.seed());
        EXPECT_EQ(again.kind(), kind);
        EXPECT_EQ(again.public_key(), made.public_key());
        EXPECT_EQ(again.seed(), made.seed());
        EXPECT_EQ(kind_of_public_nkey(made.public_key()), kind);
        EXPECT_EQ(made.seed().size(), 58u);
        EXPECT_EQ(made.public_key().size(), 56u);
        EXPECT_EQ(made.seed()[1], made.public_key()[0]) << "the letter of the kind";
        EXPECT_TRUE(verify_nkey_signature(made.public_key(), "text", again.sign("text")));
        seen.insert(made.public_key().substr(0, 1));
    }
    EXPECT_EQ(seen, (std::set<std::string>{"A", "C", "N", "O", "U"}));
}

TEST(nkeys, refuse_a_seed_of_which_one_character_is_another) {
    const auto seed = nkey_pair::generate(nkey_kind::user).seed();
    for (std::size_t at = 0; at < seed.size(); ++at) {
        auto wrong = seed;
        wrong[at] = wrong[at] == 'A' ? 'B' : 'A';
        EXPECT_NE(refusal(wrong), "") << at;
    }
}

TEST(nkeys, refuse_what_is_no_seed_and_show_nothing_of_it) {
    const auto pair = nkey_pair::generate(nkey_kind::user);
    const auto seed = pair.seed();
    EXPECT_NE(refusal("").find("length"), std::string::npos);
    EXPECT_NE(refusal("not base32!").find("base32"), std::string::npos);
    EXPECT_NE(refusal(seed.substr(0, 56)).find("length"), std::string::npos);
    EXPECT_NE(refusal(seed + "AAAAAAAA").find("length"), std::string::npos);
    EXPECT_NE(refusal(pair.public_key()).find("length"), std::string::npos);
    EXPECT_NE(refusal(seed + "\n").find("base32"), std::string::npos);
    EXPECT_NE(refusal(" " + seed).find("base32"), std::string::npos);
    auto small = seed;
    std::transform(small.begin(), small.end(), small.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    EXPECT_NE(refusal(small).find("base32"), std::string::npos);
    // A right checksum over another beginning: not S, a kind that is none, bits that belong to nothing.
    const std::string key(32, 'k');
    for (const std::string& begin : {std::string("\x9d\x00", 2), std::string("\x97\xc0", 2), std::string("\x95\x01", 2),
                                     std::string("\x95\x20", 2), std::string("\x92\xc0", 2)})
        EXPECT_NE(refusal(detail::encode_base32(with_checksum(begin + key))), "");
}

TEST(nkeys, know_a_public_key_from_other_text) {
    const auto pair = nkey_pair::generate(nkey_kind::account);
    const auto& key = pair.public_key();
    EXPECT_EQ(kind_of_public_nkey(key), nkey_kind::account);
    for (const std::string& text : {std::string(), key.substr(1), key + "A", "A" + key, pair.seed()})
        EXPECT_FALSE(kind_of_public_nkey(text)) << text;
    for (std::size_t at = 0; at < key.size(); ++at) {
        auto wrong = key;
        wrong[at] = wrong[at] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(kind_of_public_nkey(wrong)) << at;
        EXPECT_FALSE(verify_nkey_signature(wrong, "text", pair.sign("text")));
    }
}

TEST(nkeys, verify_no_signature_of_another_key) {
    const auto mine = nkey_pair::generate(nkey_kind::user);
    const auto other = nkey_pair::generate(nkey_kind::user);
    EXPECT_FALSE(verify_nkey_signature(mine.public_key(), "text", other.sign("text")));
    auto signature = mine.sign("text");
    for (auto& byte : signature) {
        byte ^= 1;
        EXPECT_FALSE(verify_nkey_signature(mine.public_key(), "text", signature));
        byte ^= 1;
    }
    EXPECT_TRUE(verify_nkey_signature(mine.public_key(), "text", signature));
}

}  // namespace
}  // namespace mote::nats
