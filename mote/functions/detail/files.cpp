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
