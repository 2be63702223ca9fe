#include <fuzz/target.hpp>

#include <mote/nats/base64url.hpp>
#include <mote/nats/detail/base_encoding.hpp>
#include <mote/nats/detail/credentials_file.hpp>
#include <mote/nats/error.hpp>
#include <mote/nats/nkeys.hpp>

#include <string>
#include <string_view>

/// The input is a credentials file, or a file with a seed; each of its lines is a seed, a key and encoded bytes, too.
namespace mote::fuzz {
namespace {

namespace detail = nats::detail;

constexpr std::size_t telling = 12;  // so many bytes of a line are no chance any more

/// What is refused must not be shown.
void check_refusal(const boost::system::system_error& refused, std::string_view text) {
    require(refused.code() == nats::errc::bad_credentials, "refused for another reason");
    const std::string whole = refused.what();
    const auto of_the_code = refused.code().what();  // which says the same of every file
    require(whole.ends_with(of_the_code), "no text of the code");
    const auto said = std::string_view(whole).substr(0, whole.size() - of_the_code.size());
    while (!text.empty()) {
        const auto line = detail::trimmed(take_line(text));
        if (line.size() >= telling && line.find(' ') == std::string_view::npos)
            require(said.find(line.substr(0, telling)) == std::string_view::npos, "a secret is shown");
    }
}

void check_file(std::string_view text) {
    try {
        const auto file = detail::parse_credentials("fuzz", text);
        require(!file.jwt.empty() && !file.seed.empty(), "a part that is not there");
        const std::string again = "---BEGIN JWT---\n" + std::string(file.jwt) + "\n---END JWT---\n---BEGIN SEED---\n" +
                                  std::string(file.seed) + "\n---END SEED---";
        const auto same = detail::parse_credentials("fuzz", again);
        require(same.jwt == file.jwt && same.seed == file.seed, "read again as others");
        require(detail::seed_in("fuzz", text) == file.seed, "another seed");
    } catch (const boost::system::system_error& refused) {
        check_refusal(refused, text);
    }
}

void check_seed(std::string_view text) {
    try {
        const auto key = nats::nkey_pair::from_seed(text);
        require(key.seed() == text, "written as another seed");
        require(nats::kind_of_public_nkey(key.public_key()) == key.kind(), "a public key of another kind");
        require(nats::verify_nkey_signature(key.public_key(), "text", key.sign("text")), "a wrong signature");
    } catch (const boost::system::system_error& refused) {
        check_refusal(refused, text);
    }
}

void check_encodings(std::string_view text) {
    const auto bytes = detail::decode_base32(text);
    if (bytes) require(detail::encode_base32(bytes->view()) == text, "base32 written otherwise");
    const auto encoded = detail::encode_base32(text);
    const auto again = detail::decode_base32(encoded);
    require(again && again->view() == text, "base32 read as other bytes");
    require(detail::is_base64url(nats::encode_base64url(text)), "base64url that is none");
    const auto decoded = detail::decode_wrapped_base64(text);
    if (decoded) require(decoded->size() <= text.size() / 4 * 3, "base64 of too many bytes");
    if (const auto kind = nats::kind_of_public_nkey(text)) require(text.size() == 56, "a key of another length");
}

}  // namespace

int nats_credentials(const std::uint8_t* data, std::size_t size) {
    const auto text = text_of(data, size);
    check_file(text);
    auto rest = text;
    while (!rest.empty()) {
        const auto line = take_line(rest);
        check_seed(line);
        check_encodings(line);
    }
    try {
        check_seed(detail::seed_in("fuzz", text));
    } catch (const boost::system::system_error& refused) {
        check_refusal(refused, text);
    }
    return 0;
}

}  // namespace mote::fuzz
