#include <mote/gateway/detail/secret_file.hpp>

#include <mote/gateway/error.hpp>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mote::gateway::detail {
namespace {

class descriptor {
public:
    explicit descriptor(int number) noexcept : number_(number) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int number() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }

private:
    int number_;
};

/// A file under a name of its own, removed at the end.
class temporary {
public:
    explicit temporary(std::string name) : name_(std::move(name)), opened_(::mkostemp(name_.data(), O_CLOEXEC)) {}
    temporary(const temporary&) = delete;
    temporary& operator=(const temporary&) = delete;
    ~temporary() {
        if (opened_) ::unlink(name_.c_str());
    }
    const char* name() const noexcept { return name_.c_str(); }
    const descriptor& file() const noexcept { return opened_; }

private:
    std::string name_;
    descriptor opened_;
};

[[noreturn]] void fail(errc code, const std::filesystem::path& file) {
    throw_error(code, file.string() + ": " + std::generic_category().message(errno));
}

bool write_all(int to, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const auto written = ::write(to, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// So that the name is still there after a loss of power.
void sync_directory(const std::filesystem::path& directory) noexcept {
    const descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened) ::fsync(opened.number());
}

}  // namespace

std::optional<std::string> read_secret_file(const std::filesystem::path& file, std::size_t most) {
    const descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!opened) {
        if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
        fail(errc::cannot_read, file);
    }
    struct stat about{};
    if (::fstat(opened.number(), &about) != 0) fail(errc::cannot_read, file);
    if (!S_ISREG(about.st_mode)) throw_error(errc::bad_credentials, file.string() + ": not a regular file");
    std::string bytes(most + 1, '\0');
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        const auto got = ::read(opened.number(), bytes.data() + filled, bytes.size() - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(errc::cannot_read, file);
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    if (filled > most)
        throw_error(errc::bad_credentials, file.string() + ": more than " + std::to_string(most) + " bytes");
    bytes.resize(filled);
    return bytes;
}

void make_secret_directory(const std::filesystem::path& directory) {
    std::error_code failed;
    auto leaf = std::filesystem::absolute(directory, failed).lexically_normal();
    if (!leaf.has_filename()) leaf = leaf.parent_path();  // of a path that ends in a slash
    if (!failed) std::filesystem::create_directories(leaf.parent_path(), failed);
    if (failed) throw_error(errc::cannot_write, directory.string() + ": " + failed.message());
    constexpr mode_t owner_only = 0700;
    if (::mkdir(leaf.c_str(), owner_only) == 0) return;
    const int why = errno;
    if (why == EEXIST && std::filesystem::is_directory(leaf, failed)) return;
    errno = why;
    fail(errc::cannot_write, directory);
}

bool make_secret_file(const std::filesystem::path& file, const std::function<std::string()>& content) {
    struct stat about{};
    if (::lstat(file.c_str(), &about) == 0) return false;
    const temporary written(file.parent_path() / ("." + file.filename().string() + ".XXXXXX"));  // mkostemp: 0600
    if (!written.file()) fail(errc::cannot_write, file);
    if (!write_all(written.file().number(), content() + "\n") || ::fsync(written.file().number()) != 0)
        fail(errc::cannot_write, file);
    // A link and no rename: it fails when somebody else was faster.
    if (::link(written.name(), file.c_str()) != 0) {
        if (errno == EEXIST) return false;
        fail(errc::cannot_write, file);
    }
    sync_directory(file.parent_path());
    return true;
}

}  // namespace mote::gateway::detail
