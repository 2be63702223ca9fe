#include <mote/nats/detail/secret_source.hpp>

#include <mote/nats/detail/base_encoding.hpp>
#include <mote/nats/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace mote::nats::detail {
namespace {

constexpr std::size_t max_secret_bytes = 1024 * 1024;
constexpr std::string_view file_scheme = "file://";
constexpr std::string_view env_scheme = "env://";
constexpr std::string_view data_scheme = "data:";

[[noreturn]] void refuse_source(std::string_view source, std::string_view why) {
    throw_error(errc::bad_credentials, name_of_source(source) + ": " + std::string(why));
}

[[noreturn]] void refuse_errno(std::string_view source) {
    refuse_source(source, std::error_code(errno, std::generic_category()).message());
}

/// Not a stream: its buffer would keep the secret.
class open_file {
public:
    explicit open_file(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (fd_ < 0) refuse_errno(path);
    }
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;
    ~open_file() { ::close(fd_); }

    std::size_t read(const std::string& path, char* into, std::size_t room) const {
        std::size_t got = 0;
        while (got < room) {
            const auto part = ::read(fd_, into + got, room - got);
            if (part < 0 && errno == EINTR) continue;
            if (part < 0) refuse_errno(path);
            if (part == 0) break;
            got += static_cast<std::size_t>(part);
        }
        return got;
    }

private:
    int fd_;
};

wiped_text read_file(const std::string& path) {
    const open_file file(path);
    wiped_text text(max_secret_bytes + 1);
    const auto size = file.read(path, text.data(), text.size());
    if (size > max_secret_bytes) refuse_source(path, "larger than 1 MiB");
    return wiped_text(text.view().substr(0, size));
}

wiped_text read_variable(const std::string& source) {
    const auto name = source.substr(env_scheme.size());
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) refuse_source(source, "this variable is not set");
    if (*value == '\0') refuse_source(source, "this variable is empty");
    return wiped_text(std::string_view(value));
}

wiped_text read_data(std::string_view source) {
    const auto comma = source.find(',');
    if (comma == std::string_view::npos || !source.substr(0, comma).ends_with(";base64"))
        refuse_source(source, "has to be data:;base64,...");
    auto bytes = decode_wrapped_base64(source.substr(comma + 1));
    if (!bytes) refuse_source(source, "what follows the comma is not base64");
    return std::move(*bytes);
}

bool is_foreign(std::string_view source) noexcept {
    return source.starts_with("op://") || source.starts_with("nsc://");
}

/// Or most of one, whatever stands around it.
bool has_seed(std::string_view text) noexcept {
    constexpr std::size_t least_of_seed = 51;  // of 58 characters of base32, `S` first
    constexpr std::string_view base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find_first_not_of(base32, begin), text.size());
        if (text[begin] == 'S' && end - begin >= least_of_seed) return true;
        begin = end + 1;
    }
    return false;
}

}  // namespace

bool is_kept_elsewhere(std::string_view text) noexcept {
    return text.starts_with(file_scheme) || text.starts_with(env_scheme) || text.starts_with(data_scheme) ||
           is_foreign(text);
}

wiped_text read_secret(const std::string& source) {
    if (is_foreign(source)) throw_error(errc::not_supported, name_of_source(source));
    if (source.starts_with(env_scheme)) return read_variable(source);
    if (source.starts_with(data_scheme)) return read_data(source);
    return read_file(source.starts_with(file_scheme) ? source.substr(file_scheme.size()) : source);
}

wiped_text read_literal_secret(std::string_view text) {
    return is_kept_elsewhere(text) ? read_secret(std::string(text)) : wiped_text(text);
}

bool is_secret_itself(std::string_view source) noexcept {
    return source.find('\n') != std::string_view::npos || source.find("-----BEGIN") != std::string_view::npos ||
           has_seed(source);
}

std::string name_of_source(std::string_view source) {
    if (source.starts_with(data_scheme)) return std::string(data_scheme);
    const auto what = source.starts_with(file_scheme) ? source.substr(file_scheme.size()) : source;
    if (is_secret_itself(what)) return "a secret in place of its file's name (data:;base64,... may hold one)";
    return std::string(source);
}

}  // namespace mote::nats::detail
