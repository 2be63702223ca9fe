#include <mote/node/detail/socket_directory.hpp>

#include <mote/node/detail/own_names.hpp>
#include <mote/node/error.hpp>
#include <mote/process/sandbox.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace mote::node::detail {
namespace {

namespace fs = std::filesystem;

constexpr const char* memory_directory = "/dev/shm";

}  // namespace

socket_directory::socket_directory(std::string_view node)
    : path_(std::string(memory_directory) + '/' + own_name(node, "XXXXXX")) {
    if (::mkdtemp(path_.data()) == nullptr)
        throw_error(errc::not_supported,
                    "a unix socket in a sandbox: " + std::string(memory_directory) + ": " + std::strerror(errno));
    // Root's functions run as another user.
    const auto user = process::sandbox().host_user;
    if (::geteuid() != 0 || ::chown(path_.c_str(), user, user) == 0) return;
    const int failed = errno;
    ::rmdir(path_.c_str());
    throw_error(errc::not_supported, "a unix socket in a sandbox: " + path_ + ": " + std::strerror(failed));
}

socket_directory::~socket_directory() {
    std::error_code failed;
    fs::remove_all(path_, failed);
}

void socket_directory::sweep(std::string_view node) noexcept try {
    const auto own = name_prefix(node);
    std::error_code failed;
    for (fs::directory_iterator at(memory_directory, failed), end; !failed && at != end; at.increment(failed)) {
        const auto name = at->path().filename().string();
        std::error_code kept;
        if (is_left(name) || (name.starts_with(own) && is_former(name))) fs::remove_all(at->path(), kept);
    }
} catch (const std::bad_alloc&) {
    return;
}

}  // namespace mote::node::detail
