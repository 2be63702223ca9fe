#include <mote/process/detail/sandbox_settings.hpp>

#include <mote/process/detail/group_files.hpp>

#include <sys/stat.h>

namespace mote::process::detail {
namespace {

constexpr off_t largest_copy = 16 * 1024;  // bytes; a copy is memory of each sandbox

/// Readable by everybody on any machine, and read by resolvers, TLS libraries, loaders and interpreters.
constexpr const char* shared_settings[] = {
    "/etc/resolv.conf",     "/etc/hosts",           "/etc/host.conf",     "/etc/gai.conf",     "/etc/services",
    "/etc/protocols",       "/etc/mime.types",      "/etc/localtime",     "/etc/timezone",     "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf", "/etc/ca-certificates", "/etc/pki/tls/certs", "/etc/alternatives", "/etc/ld.so.cache",
    "/etc/ld.so.conf",      "/etc/ld.so.conf.d"};

bool is_small_and_open(const struct stat& about) noexcept {
    return S_ISREG(about.st_mode) && (about.st_mode & S_IROTH) != 0 && about.st_size <= largest_copy;
}

}  // namespace

sandbox_settings sandbox_settings::of_this_machine() {
    sandbox_settings found;
    for (const char* path : shared_settings) {
        struct stat about{};
        if (::stat(path, &about) != 0) continue;
        if (is_small_and_open(about)) {
            found.copies.push_back({.path = path, .content = read_text(path)});
        } else {
            found.mounts.emplace_back(path);
        }
    }
    return found;
}

}  // namespace mote::process::detail
