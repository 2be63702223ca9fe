#include <mote/functions/detail/files.hpp>

#include <mote/functions/error.hpp>
#include <mote/json/utf8.hpp>

#include <algorithm>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <system_error>

namespace mote::functions::detail {
namespace {

constexpr std::size_t shown_text = 200;

void append_escaped(std::string& to, unsigned char byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    to.append("\\x").append({digits[byte >> 4U], digits[byte & 15U]});
}

}  // namespace

std::string quoted(std::string_view text) {
    const bool cut = text.size() > shown_text;
    text = text.substr(0, shown_text);
    std::string shown = "\"";
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const auto length = json::utf8_length(text.data() + at, text.data() + text.size());
        if (length == 0 || (length == 1 && (byte < 0x20 || byte == 0x7f))) {
            append_escaped(shown, byte);
            ++at;
        } else {
            shown.append(text, at, length);
            at += length;
        }
    }
    return shown + (cut ? "...\"" : "\"");
}

void refuse_entry(std::string_view entry, std::string_view why) {
    throw_error(errc::bad_bundle, quoted(entry).append(": ").append(why));
}

void throw_errno(std::string_view what, std::string_view file) {
    const boost::system::error_code code(errno, boost::system::system_category());
    auto text = std::string("cannot ").append(what).append(" ");
    throw boost::system::system_error(code, text + quoted(file));
}

owned_fd open_file(const std::filesystem::path& file) {
    owned_fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    if (!fd) throw_errno("open", file.native());
    return fd;
}

std::size_t read_some(int fd, char* to, std::size_t size, const std::filesystem::path& file) {
    for (;;) {
        const auto count = ::read(fd, to, size);
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) throw_errno("read", file.native());
    }
}

void write_all(int fd, std::string_view bytes, std::string_view file) {
    while (!bytes.empty()) {
        const auto count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno != EINTR) throw_errno("write", file);
        if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

unfinished::unfinished(kind what, std::filesystem::path target) : target_(std::move(target)) {
    auto name = target_.filename().native();
    if (name.size() > 64) name.resize(64);
    auto pattern = (target_.parent_path() / ('.' + name + ".XXXXXX")).native();
    if (what == kind::file) {
        fd_ = owned_fd(::mkostemp(pattern.data(), O_CLOEXEC));
    } else if (::mkdtemp(pattern.data()) != nullptr) {
        path_ = pattern;
        fd_ = owned_fd(::open(pattern.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    if (!fd_) {
        const auto failed = errno;
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove(path_, ignored);
        errno = failed;
        throw_errno("write", target_.native());
    }
    path_ = pattern;
}

unfinished::~unfinished() {
    std::error_code ignored;
    if (!finished_) std::filesystem::remove_all(path_, ignored);
}

void unfinished::finish() {
    if (std::rename(path_.c_str(), target_.c_str()) != 0) throw_errno("write", target_.native());
    finished_ = true;
}

}  // namespace mote::functions::detail
